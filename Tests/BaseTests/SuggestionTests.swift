import Base
import Testing

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("prnt", ["print", "pairs"], "print"), ("Datset", ["Dataset"], "Dataset"), ("rnak", ["rank", "rate"], "rank"),
        ("min_scene_len", ["threshold", "min_scene_length"], "min_scene_length"),
        ("threshhold", ["threshold", "detector"], "threshold"), ("DS", ["ds", "xy"], "ds"), ("sd", ["ds"], "ds"),
        ("tmo", ["tmp"], "tmp"),
    ]) func `a slip of the fingers has a nearest name`(name: String, known: [String], nearest: String) {
        #expect(Suggestion.nearest(to: name, in: known) == nearest)
    }
    @Test(arguments: [
        ("z", ["y", "Z", "zz"]), ("ab", ["ac", "a", "abc"]), ("ds", ["ds"]), ("xyzzy", ["threshold", "detector"]),
        ("", ["a"]),
    ]) func `a name that is near to anything, or to nothing, has none`(name: String, known: [String]) {
        #expect(Suggestion.nearest(to: name, in: known) == nil)
    }
}
