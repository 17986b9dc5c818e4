import Base
import Configuration

/// What people ask when training ends at once: is the data there, does the configuration name a model that is here.
extension Doctor {
    /// A row for each project that has preprocessed clips, and one for those that have none yet.
    mutating func lookAtData() {
        let projects = ((try? Files.list(place("train_date"))) ?? []).filter {
            Files.isFolder(Path.join(place("train_date"), $0)) && !$0.hasPrefix(".")
        }
        var waiting: [String] = []
        for name in projects.prefix(Self.most) {
            let folder = Path.join(place("train_date"), name)
            let made = [folder, Path.join(folder, "scenes")].map { Path.join($0, ".precomputed") }.filter(
                Files.isFolder)
            if made.isEmpty { waiting.append(name) }
            for path in made { look(atData: path, of: name) }
        }
        if !waiting.isEmpty {
            checkup.add(
                "data", .ok, "\(waiting.joined(separator: ", ")): not preprocessed yet",
                fix:
                    "pre:run(Dataset.open(\"train_date/\(waiting[0])\"), { size = \"768x448x89\" }) does it; training needs it"
            )
        }
    }
    private mutating func look(atData path: String, of name: String) {
        do {
            let data = try Precomputed(opening: path)
            let count = counted(data.items.count, "clip")
            let orphans = data.orphans.count
            checkup.add(
                "data \(name)", orphans > 0 ? .warning : .ok,
                "\(count) in \(path)" + (orphans > 0 ? ", \(orphans) without a caption's embedding" : ""),
                fix: orphans > 0 ? "caption those clips and run pre:run(ds, …) again" : "")
        } catch {
            checkup.add("data \(name)", .problem, "\(error)", fix: "pre:run(ds, …) makes it again")
        }
    }
    private static var most: Int { 12 }

    /// Configurations of `configs/` that cannot be read, and the models that they name and that are nowhere.
    mutating func lookAtConfigurations() {
        let folder = place("configs")
        let files = ((try? Files.list(folder)) ?? []).filter { ["yaml", "yml"].contains(Path.fileExtension($0)) }
        guard !files.isEmpty else { return }
        var absent: [String: [String]] = [:], broken: [(String, String)] = []
        for file in files {
            do {
                // Only what is asked here: a template has placeholders that are no configuration yet.
                let yaml = try YAML(parsing: try Files.text(Path.join(folder, file)))
                guard let source = yaml["model"]?["model_source"]?.string, !source.contains("[") else { continue }
                let places = ModelPlaces(models: place("models")).candidates(source)
                if !places.contains(where: Files.exists) { absent[source, default: []].append(file) }
            } catch { broken.append((file, "\(error)")) }
        }
        for (file, reason) in broken {
            checkup.add(
                "configs/\(file)", .problem, reason,
                fix: "Config.load(\"configs/\(file)\") says the same; mend that line")
        }
        let names = absent.keys.sorted()
        guard !names.isEmpty else {
            return checkup.add("configs", .ok, "\(counted(files.count, "file")), their models are here")
        }
        checkup.add(
            "configs", .warning, "models that are not under \(place("models"))/: \(names.joined(separator: ", "))",
            fix:
                "a configuration that names one is refused; Models.list() shows what there is and where each name is looked for"
        )
    }
}
