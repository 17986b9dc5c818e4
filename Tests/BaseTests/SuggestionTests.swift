import Base
import Testing

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("prnt", ["print", "pairs"], "print"), ("Datset", ["Dataset"], "Dataset"), ("rnak", ["rank", "rate"], "rank"),
        ("min_scene_len", ["threshold", "min_scene_length"], "min_scene_length"),
        ("threshhold", ["threshold", "detector"], "threshold"), ("DS", ["ds", "xy"], "ds"), ("sd", ["ds"], "ds"),
        ("tmo", ["tmp"], "tmp"),
        ("max_tokens", ["max_new_tokens", "temperature"], "max_new_tokens"),
        ("int8", ["int8-quanto", "fp8"], "int8-quanto"),
    ]) func `a slip of the fingers has a nearest name`(name: String, known: [String], nearest: String) {
        #expect(Suggestion.nearest(to: name, in: known) == nearest)
    }
    @Test(arguments: [
        ("z", ["y", "Z", "zz"]), ("ab", ["ac", "a", "abc"]), ("ds", ["ds"]), ("xyzzy", ["threshold", "detector"]),
        ("", ["a"]), ("tokens_max", ["max_new_tokens"]), ("quanto", ["int8-quanto", "int4-quanto"]),
    ]) func `a name that is near to anything, or to nothing, has none`(name: String, known: [String]) {
        #expect(Suggestion.nearest(to: name, in: known) == nil)
    }
}
