/// A number with what it counts: `counted(1, "clip")` is `"1 clip"`, `counted(3, "clip")` is `"3 clips"`.
public func counted(_ count: Int, _ one: String, _ several: String? = nil) -> String {
    "\(count) \(count == 1 ? one : several ?? one + "s")"
}
