import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import Testing

@testable import PawlStages

@Test func `each filter drops what it is for, in its order, and says why`() throws {
  let stage = try StageFixture()
  try stage.recipe(FilterRule(band: QuantileBand(low: 0, high: 1), novelty: 0.3, verify: "check"))
  let (held, train, near) = (words(1, 120), words(2, 80), words(3, 80))
  try stage.write("held-0.jsonl", lines: [#"{"question":"x","answer":"\#(held)"}"#])
  try stage.write("train.jsonl", lines: [#"{"text":"\#(train)"}"#, #"{"text":"\#(words(2, 200))"}"#])
  let leak = held.split(separator: " ")[30..<85].joined(separator: "\n").uppercased()
  try stage.write(
    "made.jsonl",
    [
      made("empty", " \n"), made("control", "a\u{0}"), made("bytes", "a\u{fffd}"), made("copied", train + " "),
      made("first", near), made("again", near.replacing(" ", with: "  ")), made("similar", near + " end"),
      made("leak", words(4, 9) + " " + leak + " " + words(5, 9)), made("unlikely", words(6, 50)),
      made("unmeasured", words(7, 50)),
      made("old", words(2, 140).split(separator: " ")[90...].joined(separator: " ") + " " + words(8, 10)),
      made("wrong", words(9, 50)), made("unjudged", words(10, 50)), made("good", words(11, 50)),
    ])
  let measured = ["first", "old", "wrong", "unjudged", "good"].map { #"{"id":"\#($0)","loss":1.5,"bytes":9}"# }
  try stage.write("losses.jsonl", lines: measured + [#"{"id":"unlikely","loss":9,"bytes":9}"#])
  try stage.write("real-losses.jsonl", lines: (1...3).map { #"{"id":"r\#($0)","loss":\#($0),"bytes":9}"# })
  let right = ["first", "good"].map { #"{"id":"\#($0)","ok":true}"# }
  try stage.write("verdicts.jsonl", lines: right + [#"{"id":"wrong","ok":false}"#])
  try FilterStage.run(stage.folder)
  #expect(
    try stage.dropped() == [
      "empty valid", "control valid", "bytes valid", "copied exact", "again exact", "similar near", "leak overlap",
      "unlikely band", "unmeasured band", "old novelty", "wrong verify", "unjudged verify",
    ])
  let kept = try stage.documents("kept.jsonl")
  #expect(kept.map(\.id) == ["first", "good"])
  guard case .made(let making) = try #require(kept.first).source else { return #expect(Bool(false)) }
  #expect(making.filters == ["valid", "exact", "near", "overlap", "band", "novelty", "verify"])
  let reasons = try stage.text("dropped.jsonl")
  #expect(reasons.contains("it is the same as line 1 of `train.jsonl`"))
  #expect(reasons.contains("it is the same as line 5 of `made.jsonl`"))
  #expect(reasons.contains("from word 10 on, 50 words are from line 1 of `held-0.jsonl`"))
  #expect(reasons.contains("its loss of 9.000 is not between 1.000 and 3.000"))
  #expect(
    try stage.text("filter.json")
      == #"{"documents":14,"kept":2,"bytes":\#(near.utf8.count + words(11, 50).utf8.count),"dropped":{"valid":3,"exact":2,"near":1,"overlap":1,"band":2,"novelty":1,"verify":2},"overlap":{"held-0.jsonl":1}}"#
  )
  #expect(try stage.written == ["dropped.jsonl", "filter.json", "kept.jsonl"])
}

@Test func `the samples of a prompt vote, duplicates too, and short answers go`() throws {
  let stage = try StageFixture()
  try stage.recipe(FilterRule(near: nil, vote: 0.6, length: 0.9))
  func sample(_ id: String, _ prompt: String, _ answer: String, _ size: String) -> Document {
    made(id, prompt + answer, prompt: prompt, fields: ["size": size])
  }
  try stage.write(
    "made.jsonl",
    [
      sample("a1", "12+34=", "46", "2"), sample("a2", "12+34=", "64", "2"), sample("a3", "12+34=", "46", "2"),
      sample("a4", "12+34=", " 46", "2"), sample("b1", "50+50=", "100", "2"), sample("c1", "1+2=", "3", "1"),
      sample("c2", "1+2=", "4", "1"), made("d1", "free text"),
    ])
  try FilterStage.run(stage.folder)
  #expect(try stage.documents("kept.jsonl").map(\.id) == ["b1", "d1"])
  #expect(try stage.dropped() == ["a3 exact", "a1 length", "a2 vote", "a4 vote", "c1 vote", "c2 vote"].sortedByVote())
  #expect(try stage.written == ["dropped.jsonl", "filter.json", "kept.jsonl"])
}

extension [String] {
  /// Exact ones are written first, the others in the order of the documents.
  fileprivate func sortedByVote() -> [String] { filter { $0.hasSuffix("exact") } + filter { !$0.hasSuffix("exact") } }
}

@Test func `what comes out does not depend on blocks and cores`() throws {
  var outputs: [[String]] = []
  for (blockBytes, parts) in [(300, 1), (2_000, 5), (1 << 20, 1), (1 << 20, 7)] {
    let stage = try StageFixture()
    try stage.recipe()
    try stage.write(
      "made.jsonl",
      (0..<300).map { number in
        let text = words(UInt64(number % 90), 60)
        return made("d\(number)", number < 90 ? text : number % 3 == 0 ? text + " " : text.replacing("1", with: "l"))
      })
    try FilterStage.run(stage.folder, blockBytes: blockBytes, parts: parts)
    outputs.append(try stage.lines("kept.jsonl") + stage.lines("dropped.jsonl"))
  }
  #expect(Set(outputs).count == 1)
  #expect(outputs.first?.count == 300)
}

@Test(arguments: [
  ([], "`made.jsonl` holds no document"),
  (
    [made("a", "once"), made("b", " once\n"), made("c", "")],
    "the 2 documents with text, of 3, are one document repeated"
  ),
  ([made("a", ""), made("b", "\u{1}")], "no document of 2 was kept: valid 2"),
])
func `a generation that nothing can be learnt from is an error with its reasons`(
  documents: [Document], message: String
) throws {
  let stage = try StageFixture()
  try stage.recipe()
  try stage.write("made.jsonl", documents)
  let error = try #require(throws: StagesError.self) { try FilterStage.run(stage.folder) }
  #expect(error.code == .result)
  #expect(error.message == message)
  #expect(!error.hints.isEmpty)
  #expect(try stage.written == ["dropped.jsonl", "filter.json"])
}

@Test func `lines cut short, bytes that are no text and documents that claim to be real are told`() throws {
  let stage = try StageFixture()
  try stage.recipe()
  let whole = made("a", "once").line
  try stage.write("made.jsonl", (whole + "\n" + whole.dropLast(9)).utf8)
  var error: any DescribedError = try #require(throws: DocumentsError.self) { try FilterStage.run(stage.folder) }
  #expect(error.message.hasPrefix("line 2 of `\(stage.folder.read("made.jsonl"))` is no document: it is cut short"))
  try stage.write("made.jsonl", Array(#"{"text":""#.utf8) + [0xc3, 0x28] + Array("\"}\n".utf8))
  error = try #require(throws: DocumentsError.self) { try FilterStage.run(stage.folder) }
  #expect(error.message.hasSuffix("is not UTF-8"))
  try stage.write("made.jsonl", lines: [#"{"text":"once"}"#])
  error = try #require(throws: StagesError.self) { try FilterStage.run(stage.folder) }
  #expect(error.message == "line 1 of `made.jsonl` says that it is real")
  #expect(try stage.written == [])
}

@Test(arguments: [
  (FilterRule(near: 0), "`near` is 0.0"), (FilterRule(overlap: 0), "`overlap` is 0"),
  (FilterRule(novelty: 2), "`novelty` is 2.0"), (FilterRule(verify: "check"), "`verdicts.jsonl` is missing"),
  (FilterRule(band: QuantileBand(low: 0.9, high: 0.1)), "`band` goes from 0.9 to 0.1"),
  (FilterRule(length: 0.9), "no document of `made.jsonl` has the field `size`"),
])
func `settings that cannot be followed are told`(rule: FilterRule, message: String) throws {
  let stage = try StageFixture()
  try stage.recipe(rule)
  try stage.write("made.jsonl", [made("a", "once"), made("b", "twice upon")])
  let error = try #require(throws: (any Error).self) { try FilterStage.run(stage.folder) }
  #expect((error as? any DescribedError)?.message == message)
}

@Test func `evaluation text is found in files of any form, and missed ones are told`() throws {
  let stage = try StageFixture()
  try stage.recipe(held: ["data/a.txt", "data/b.json"])
  let (plain, nested) = (words(1, 90), words(2, 90))
  let leaks = [plain, nested].map { $0.split(separator: " ")[20..<75].joined(separator: "\t").uppercased() }
  let short = ["12 + 34 = 46", "12 + 34 ="]
  try stage.write(
    "made.jsonl",
    (leaks + short).enumerated().map { made("d\($0.offset)", $0.element) } + [made("good", words(3, 60))])
  let error = try #require(throws: StagesError.self) { try FilterStage.run(stage.folder) }
  #expect(error.message.hasSuffix("has none of the 2 files of evaluation text"))
  try stage.write("held-0.csv", lines: plain.split(separator: " ").map(String.init))
  try stage.write(
    "held-1.jsonl",
    lines: [
      #"{"id":"c1","prompt":"12 + 34 =","answer":"46"}"#, "",
      #"{"question":{"parts":["\#(words(4, 9))","\#(nested)"]},"level":3}"#,
    ])
  try FilterStage.run(stage.folder)
  #expect(try stage.dropped() == ["d0 overlap", "d1 overlap", "d2 overlap", "d3 overlap"])
  let reasons = try stage.text("dropped.jsonl")
  #expect(reasons.contains("from word 1 on, 50 words are from line 21 of `held-0.csv`"))
  #expect(reasons.contains("from word 1 on, 50 words are from line 3 of `held-1.jsonl`"))
  #expect(reasons.contains("it is the whole of line 1 of `held-1.jsonl`"))
  #expect(try stage.text("filter.json").contains(#""overlap":{"held-0.csv":1,"held-1.jsonl":3}"#))
}

@Test func `a stage that is started again writes the same`() throws {
  let stage = try StageFixture()
  try stage.recipe(FilterRule(vote: 0.5))
  try stage.write(
    "made.jsonl", (0..<40).map { made("d\($0)", words(UInt64($0 % 30), 40), prompt: words(UInt64($0), 2)) })
  try FilterStage.run(stage.folder)
  let first = try stage.lines("kept.jsonl") + stage.lines("dropped.jsonl") + stage.lines("filter.json")
  #expect(!first.isEmpty)
  // What a crash may have left.
  for name in ["passed.jsonl", "kept.jsonl.draft", "dropped.jsonl.draft"] {
    try Data("{".utf8).write(to: URL(fileURLWithPath: stage.folder.written(name)))
  }
  try FilterStage.run(stage.folder)
  #expect(try stage.lines("kept.jsonl") + stage.lines("dropped.jsonl") + stage.lines("filter.json") == first)
  #expect(try stage.written == ["dropped.jsonl", "filter.json", "kept.jsonl"])
}
