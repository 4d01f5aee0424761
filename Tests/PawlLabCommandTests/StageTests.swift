import PawlCore
import PawlDocuments
import PawlLab
import PawlReferee
import Testing

@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct StageTests {
  static let settings = """
    depth = 1
    width = 16
    heads = 1
    context = 64
    position = digits
    position_shift = 4
    answer_after = =
    steps = 20
    later_steps = 10
    batch = 8
    """

  @Test func `settings are read, and what makes no sense is told with its line`() throws {
    let settings = try TrainerSettings(parsing: Self.settings + "\nmuon_rate = 0.04 # of matrices\n")
    #expect(settings.shape.position == .digits && settings.shape.answerAfter == 0x3d && settings.shape.width == 16)
    #expect(settings.recipe(later: true).steps == 10)
    #expect(settings.recipe(later: true).muonRate == 0.02)
    for (text, words) in [
      ("depht = 1", "line 1"), ("depth = one", "`one`"), ("\ndepth = 1\ndepth = 2", "line 3"),
      ("depth", "name = value"),
      ("width = 20\nheads = 3", "does not split"), ("position = learned", "`learned`"),
      ("learning_rate = nan", "`nan`"),
    ] {
      let error = #expect(throws: LabError.self) { try TrainerSettings(parsing: text) }
      #expect(error?.message.contains(words) == true, "\(text): \(error?.message ?? "")")
    }
    for task in GenerationTask.allCases { _ = try TrainerSettings(parsing: trainerTemplate(task)) }
  }

  @Test func `sums are written with the least digit first, and read back only where they are right`() throws {
    let sum = try #require(Addition("210+430=6400"))
    #expect(sum.size == 3 && sum.prompt == "210+430=" && sum.answer == "6400")
    #expect(Addition("99+10=001")?.answer == "001")
    for text in ["210+430=640", "210+43=6400", "210+430=6401", "21a+430=6400", "+=0", "", "1+2+3=6"] {
      #expect(Addition(text) == nil, "\(text)")
    }
    var generator = Generator(seed: 1)
    for size in 1...30 {
      let sum = Addition(size: size, using: &generator)
      #expect(sum.size == size && Addition(sum.prompt + sum.answer) == sum)
    }
  }

  @Test func `passages stay within a chapter and know their book`() {
    let verse = String(repeating: "and it came to pass ", count: 8)
    let text = ["Ge1:1", "Ge1:2", "Ge1:3", "Ge2:1", "Mat1:1"].map { "\($0) \(verse)\n" }.joined()
    let passages = PassageText(verses: Array(text.utf8)).passages
    #expect(passages.map { $0.fields["book"] } == ["Ge", "Ge", "Ge", "Mat"])
    #expect(passages.map { $0.fields["testament"] } == ["old", "old", "old", "new"])
    #expect(passages[0].fields["chapter"] == "1" && passages[2].fields["chapter"] == "2")
    #expect(passages.allSatisfy { $0.text.utf8.count <= 400 })
    let long = PassageText(Array(String(repeating: "word ", count: 1000).utf8)).passages
    #expect(long.count == 13 && long.allSatisfy { $0.text.hasPrefix("word") && $0.text.hasSuffix("word") })
    #expect(PassageText([0xff, 0x0a, 0x00]).passages.isEmpty)
  }

  /// A study of sums with a small model, and a folder for stages.
  private func study() throws -> (scratch: Scratch, values: [String: String]) {
    let scratch = try Scratch()
    var generator = Generator(seed: 2)
    let lines = (0..<40).map { index in
      let sum = Addition(size: 1 + index % 3, using: &generator)
      return #"{"text":"\#(sum.prompt + sum.answer)","fields":{"size":"\#(sum.size)"}}"# + "\n"
    }
    try scratch.file("trainer.conf", Self.settings)
    try scratch.file("sums.jsonl", lines.joined())
    for name in ["in", "out"] { mkdir(scratch.path + "/" + name, 0o755) }
    return (
      scratch,
      [
        "PAWL_INPUT": scratch.path + "/in", "PAWL_OUTPUT": scratch.path + "/out", "PAWL_SEED": "3",
        "PAWL_SNAPSHOT": scratch.path + "/sums.jsonl",
      ]
    )
  }

  private func train(_ scratch: Scratch, _ values: [String: String], to name: String) throws {
    try StageCommand(
      ["train", "--settings", scratch.path + "/trainer.conf", "--model", "\(scratch.path)/\(name)"], values: values
    ).run()
  }

  @Test func `training, writing, diagnosing and judging follow one another`() throws {
    let (scratch, values) = try study()
    try train(scratch, values, to: "in/model")
    try train(scratch, values, to: "again")
    #expect(readFile(scratch.path + "/in/model") == readFile(scratch.path + "/again"))
    try scratch.file("in/probe.jsonl", try #require(readFile(scratch.path + "/sums.jsonl")))
    try scratch.file(
      "in/canaries.jsonl",
      """
      {"id":"a","prompt":"1+1=","answer":"20"}
      {"id":"b","prompt":"1+1=","answer":"20","against":["zz"]}
      """)
    for name in ["diagnose", "judge"] { try StageCommand([name], values: values).run() }
    try StageCommand(["generate", "--task", "addition", "--grow", "2"], values: values).run()
    #expect(try StageFiles.objects(scratch.path + "/out/losses.jsonl").count == 40)
    let first = try #require(try StageFiles.objects(scratch.path + "/out/losses.jsonl").first?.value)
    #expect(first["id"]?.string == "r1" && (first["loss"]?.double ?? -1) > 0 && first["bytes"]?.integer == 3)
    let kept = try StageFiles.objects(scratch.path + "/out/canaries-kept.jsonl").map(\.value)
    #expect(kept.map { $0["id"]?.string } == ["a", "b"])
    // Letters have never been seen.
    #expect(kept.last?["ok"]?.boolean == true)
    let made = try StageFiles.objects(scratch.path + "/out/made.jsonl").map(\.value)
    #expect(made.count == 1000)
    #expect(Set(made.compactMap { $0["fields"]?["size"]?.string }) == ["4", "5"])
    for document in made {
      let (text, prompt) = (try #require(document["text"]?.string), try #require(document["prompt"]?.string))
      #expect(text.hasPrefix(prompt) && document["seed"]?.integer != nil)
    }
    try StageCommand(
      [
        "evaluate", "--task", "addition", "--model", scratch.path + "/in/model", "--data", scratch.path + "/sums.jsonl",
      ],
      values: values
    ).run()
  }

  @Test func `training goes on from the parent's model, and keeps its reach`() throws {
    let (scratch, values) = try study()
    try train(scratch, values, to: "parent")
    try scratch.file("sums.jsonl", #"{"text":"1+1=20","fields":{"size":"1"}}"#)
    var later = values
    later["PAWL_PARENT_MODEL"] = scratch.path + "/parent"
    try train(scratch, later, to: "child")
    #expect(LanguageModel(file: scratch.path + "/child").shape.reach == 3)
    #expect(readFile(scratch.path + "/child") != readFile(scratch.path + "/parent"))
  }

  @Test func `prompts are gone on from, with their fields and as often as they say`() throws {
    let (scratch, values) = try study()
    try train(scratch, values, to: "in/model")
    try scratch.file("in/prompts.jsonl", #"{"id":"p1","prompt":"1+","samples":3,"seed":7,"fields":{"book":"one"}}"#)
    try StageCommand(["generate"], values: values).run()
    let made = try StageFiles.objects(scratch.path + "/out/made.jsonl").map(\.value)
    #expect(made.count == 3 && made.allSatisfy { $0["fields"]?["book"]?.string == "one" })
    #expect(Set(made.compactMap { $0["seed"]?.integer }).count == 3)
    let bytes = readFile(scratch.path + "/out/made.jsonl")
    try StageCommand(["generate"], values: values).run()
    #expect(readFile(scratch.path + "/out/made.jsonl") == bytes)
  }

  @Test func `bad input is told with its file and line`() throws {
    let (scratch, values) = try study()
    func message(_ arguments: [String], _ values: [String: String]) -> String {
      do throws(LabError) {
        try StageCommand(arguments[...], values: values).run()
        return ""
      } catch { return error.message }
    }
    #expect(message(["teach"], values).contains("`teach`"))
    #expect(message(["judge"], [:]).contains("PAWL_INPUT"))
    #expect(message(["judge"], values).contains("canaries.jsonl"))
    try scratch.file("in/canaries.jsonl", #"{"id":"a","prompt":"1+1="}"#)
    #expect(message(["judge"], values).contains("line 1"))
    try scratch.file("in/canaries.jsonl", "{\"id\":")
    #expect(message(["judge"], values).contains("no JSON object"))
    try scratch.file("empty.jsonl", "")
    let conf = ["--settings", scratch.path + "/trainer.conf"]
    #expect(message(["train"] + conf, ["PAWL_SNAPSHOT": scratch.path + "/empty.jsonl"]).contains("no documents"))
    #expect(message(["train"] + conf, [:]).contains("documents to learn"))
    #expect(message(["train", "--settings", scratch.path + "/none"], values).contains("cannot read"))
    #expect(message(["evaluate", "--model", scratch.path + "/none"], values).contains("there is no"))
    #expect(message(["evaluate"], ["PAWL_SPLIT": "train"]).contains("neither"))
  }

  @Test(arguments: GenerationTask.allCases) func `a study of generations holds what its stages read`(
    task: GenerationTask
  )
    throws
  {
    let scratch = try Scratch()
    let text = (0..<9000).map { "line \($0) of \($0 &* 7919 % 4099) tells of \($0 &* 104_729 % 65_537)\n" }.joined()
    let file = try scratch.file("text", text)
    try InitCommand(["--generations", task.rawValue, "--data", file, scratch.path + "/study"]).run()
    let study = scratch.path + "/study"
    #expect((fileNames(study) ?? []).sorted() == [".git", ".gitignore", "data", "program.md", "trainer.conf"])
    let real = try DocumentReader.all(path: study + "/data/real.jsonl")
    let held = try ["search", "sealed"].flatMap { try DocumentReader.all(path: "\(study)/data/\($0).jsonl") }
    #expect(!held.isEmpty && Set(real.map(\.text)).isDisjoint(with: held.map(\.text)))
    #expect(try !StageFiles.objects(study + "/data/canaries.jsonl").isEmpty)
    if task == .addition { #expect(held.allSatisfy { Addition($0.text) != nil }) }
    #expect(throws: LabError.self) { try InitCommand(["--generations", "prose", scratch.path + "/other"]) }
  }
}
