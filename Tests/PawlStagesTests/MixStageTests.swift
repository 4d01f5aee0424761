import PawlCore
import PawlCorpus
import PawlDocuments
import Testing

@testable import PawlStages

private func stage(_ mix: MixRule, seed: UInt64 = 1) throws -> StageFixture {
  let stage = try StageFixture(seed: seed)
  try stage.recipe(FilterRule(), mix)
  try stage.write("real.jsonl", lines: (0..<20).map { #"{"text":"\#(words(UInt64($0), 20))"}"# })
  try stage.write("pool.jsonl", (0..<30).map { made("p\($0)", words(100 + UInt64($0), 20)) })
  try stage.write("kept.jsonl", (0..<30).map { made("k\($0)", words(200 + UInt64($0), 20)) })
  return stage
}

private func verify(_ stage: StageFixture, _ snapshot: String, floor: Double = 0.5) throws -> Mixture {
  try Mixture.verify(
    snapshot: snapshot, real: stage.folder.read("real.jsonl"), name: "data/real.jsonl",
    made: [stage.folder.read("pool.jsonl"), stage.folder.read("kept.jsonl")], rule: MixRule(floor: floor))
}

@Test func `all real documents are in a snapshot, and made ones up to their share`() throws {
  let stage = try stage(MixRule(made: 0.3))
  try MixStage.run(stage.folder)
  let snapshot = try stage.documents("snapshot.jsonl")
  #expect(snapshot.prefix(20).map(\.source) == (1...20).map { .real(file: "data/real.jsonl", line: $0) })
  let made = snapshot.dropFirst(20)
  #expect(made.contains { $0.id.hasPrefix("p") } && made.contains { $0.id.hasPrefix("k") })
  let mixture = try verify(stage, stage.folder.written("snapshot.jsonl"))
  #expect(mixture.realDocuments == 20)
  // One more document would be too many.
  #expect((0.7...0.74).contains(mixture.realShare))
  #expect(try stage.text("mix.json") == mixture.json.text)
}

@Test func `only the newest generation is taken where the recipe says so`() throws {
  let stage = try stage(MixRule(keep: .latest, floor: 0.1, made: 0.9))
  try MixStage.run(stage.folder)
  let snapshot = try stage.documents("snapshot.jsonl")
  #expect(snapshot.dropFirst(20).map(\.id) == (0..<30).map { "k\($0)" })
}

@Test func `the seed alone says which made documents are taken`() throws {
  var snapshots: [[String]] = []
  for seed: UInt64 in [1, 1, 2] {
    let stage = try stage(MixRule(made: 0.3), seed: seed)
    try MixStage.run(stage.folder)
    snapshots.append(try stage.lines("snapshot.jsonl"))
  }
  #expect(snapshots[0] == snapshots[1])
  #expect(snapshots[0] != snapshots[2])
}

@Test func `a first generation without made documents is its real ones`() throws {
  let stage = try StageFixture()
  try stage.recipe()
  try stage.write("real.jsonl", lines: [#"{"text":"once"}"#])
  try MixStage.run(stage.folder)
  #expect(try stage.documents("snapshot.jsonl").map(\.id) == ["r1"])
}

@Test(arguments: [
  (MixRule(floor: 0.8, made: 0.3), "a share of 0.3 made documents leaves less than the floor of 0.8 real ones"),
  (MixRule(floor: 1.2, made: 0), "`floor` is 1.2"), (MixRule(floor: 0, made: -1), "`made` is -1.0"),
])
func `shares that cannot be kept are told`(rule: MixRule, message: String) throws {
  let stage = try stage(rule)
  let error = try #require(throws: StagesError.self) { try MixStage.run(stage.folder) }
  #expect(error.code == .setting)
  #expect(error.message == message)
  #expect(try stage.written == [])
}

@Test(arguments: [
  ("", "`data/real.jsonl` holds no document with text"),
  ("{\"text\":\"a\"}\n{\"text\":\" a\"}\n", "`data/real.jsonl` is one document, 2 times"),
  (#"{"text":"a\u0000"}"#, "`r1` of `data/real.jsonl` cannot be learnt: it holds the control character U+0000"),
  (made("g1", "a").line, "`g1` of `data/real.jsonl` says that a model made it"),
])
func `real data that are none are told`(content: String, message: String) throws {
  let stage = try stage(MixRule())
  try stage.write("real.jsonl", content.utf8)
  let error = try #require(throws: StagesError.self) { try MixStage.run(stage.folder) }
  #expect(error.code == .input)
  #expect(error.message == message)
  #expect(throws: StagesError.self) { try RealDocuments.check(path: stage.folder.read("real.jsonl"), name: "x") }
}

@Test(arguments: ["lost", "altered", "smuggled", "disguised", "changed", "floor"])
func `a mix command that cheats is caught`(how: String) throws {
  let stage = try stage(MixRule(made: 0.3))
  try MixStage.run(stage.folder)
  var snapshot = try stage.documents("snapshot.jsonl")
  var floor = 0.5
  let message: String
  switch how {
  case "lost":
    snapshot.removeFirst()
    message = "lacks 1 of the real documents"
  case "altered":
    snapshot[0].text += " "
    message = "says that it is real, but is not in"
  case "smuggled":
    snapshot.append(made("x", "never kept"))
    message = "is no document that was kept"
  case "disguised":
    snapshot.append(Document(id: "r99", text: words(200, 20), source: .real(file: "data/real.jsonl", line: 99)))
    message = "says that it is real, but is not in"
  case "changed":
    snapshot[snapshot.count - 1].source = .made(Making(model: "other", prompt: "", seed: 1, generation: 1))
    message = "is no document that was kept"
  default:
    floor = 0.9
    message = "below the floor of 0.9"
  }
  try stage.write("snapshot.jsonl", snapshot)
  let error = try #require(throws: StagesError.self) {
    try verify(stage, stage.folder.read("snapshot.jsonl"), floor: floor)
  }
  #expect(error.code == .result)
  #expect(error.message.contains(message))
}
