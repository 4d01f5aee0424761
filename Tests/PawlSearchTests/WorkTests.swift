import PawlCore
import Testing

@testable import PawlSearch

/// Bounds on work where a hostile file could ask for its square; counted, not timed.
@Suite struct WorkTests {
  @Test func `a comment is read once for a line however many constants share it`() {
    let count = 2_000
    let source = String(repeating: "a = 8; ", count: count) + "# " + String(repeating: "x", count: 100_000) + "\n"
    var hints = LineHints(TokenizedSource(Array(source.utf8), syntax: Syntax(family: .indented, lineComments: ["#"])))
    for _ in 0..<count { #expect(hints.hint(line: 0) == nil) }
    for _ in 0..<count { #expect(hints.hint(line: 1) == nil) }
    #expect(hints.bytesRead > 100_000)
    #expect(hints.bytesRead <= 2 * source.utf8.count)
  }

  @Test(arguments: [
    ("a.toml", "[", "t", 100_000, "]\n", "lr = 0.1\n"), ("a.json", "{\"", "t", 100_000, "\": {", "\"lr\": 0.1, "),
    ("a.json", "", "{\"a_long_key_of_a_table\": ", 60, "{", "\"lr\": 0.1, "),
  ])
  func `names do not repeat a long prefix`(
    path: String, open: String, part: String, parts: Int, close: String, entry: String
  ) {
    let source = open + String(repeating: part, count: parts) + close + String(repeating: entry, count: 5_000)
    let knobs = KnobFinder.knobs(in: [path: source])
    #expect(knobs.reduce(0) { $0 + $1.name.utf8.count } <= source.utf8.count)
  }

  @Test func `a thousand knobs on one line are edited in one pass`() throws {
    let source = "{" + (0..<1_000).map { "\"lr_\($0)\": 0.1" }.joined(separator: ", ") + "}"
    let files = ["a.json": source]
    let knobs = KnobFinder.knobs(in: files)
    try #require(knobs.count == 1_000)
    let changes = knobs.map { KnobChange(knob: $0, base: $0.value, value: .real(0.25), text: "0.25") }
    let (edited, edits) = KnobEditing.apply(changes, to: files)
    #expect(edited["a.json"] == source.replacing(": 0.1", with: ": 0.25"))
    #expect(edits.count == 1 && edits[0].applied(to: source) == edited["a.json"])
    #expect(KnobEditing.hypothesis(changes).count <= KnobEditing.hypothesisLimit)
  }

  @Test func `knobs found before give the same proposal`() {
    let files = ["a.py": KnobAgentTests.train]
    for seed in 0..<20 as Range<UInt64> {
      let found = KnobAgent.propose(
        files: files, knobs: KnobFinder.knobs(in: files), parent: nil, history: [], seed: seed, isKnown: { _ in false })
      #expect(found != nil)
      #expect(found == KnobAgentTests.propose(files, seed: seed))
    }
  }
}
