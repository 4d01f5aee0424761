import PawlConfiguration
import Testing

@Suite struct `The nearest word` {
  @Test(
    arguments: [
      ("comand", "command"), ("cmomand", "command"), ("commandd", "command"), ("COMMAND", "command"),
      ("memroy", "memory"),
      ("max-pairs", "max_pairs"), ("xyz", nil), ("", nil), ("c", nil), ("somethingelse", nil),
      (String(repeating: "a", count: 10_000), nil),
    ] as [(String, String?)])
  func `is a slip away`(word: String, expected: String?) {
    #expect(nearest(word, in: ["study", "command", "memory", "max_pairs"]) == expected)
  }

  @Test func `is the first of equals`() { #expect(nearest("rat", in: ["cat", "bat"]) == "cat") }

  @Test func `is nil without candidates`() { #expect(nearest("word", in: []) == nil) }
}
