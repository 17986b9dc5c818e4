import Glibc

/// Environment variables. One that is set but empty counts as unset, as NO_COLOR and XDG both ask.
package enum Environment {
    package static subscript(name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
