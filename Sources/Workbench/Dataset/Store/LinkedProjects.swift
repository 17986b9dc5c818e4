import Synchronization

/// Projects that are links to folders elsewhere. A dataset is known by its path without links, which has lost the
/// project's name; what lies inside the folder, such as its scenes, belongs to the project all the same.
enum LinkedProjects {
    /// Names by the folder that the link leads to.
    private static let names = Mutex<[String: String]>([:])

    /// Remembers the project of a path as a person wrote it, where following links loses it.
    static func note(_ written: String) {
        guard let project = DatasetLocation.project(of: written) else { return }
        let folder = DatasetLocation.resolved(project.folder)
        if folder != project.folder { names.withLock { $0[folder] = project.name } }
    }
    /// The project that a path without links lies in, `nil` where no link led to it so far.
    static func name(of path: String) -> String? {
        names.withLock { names in
            names.first { path == $0.key || path.hasPrefix($0.key + "/") }?.value
        }
    }
}
