#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlCore
import PawlLab
import PawlReferee

/// `pawl-lab init DIR --generations TASK`: data, settings and words of a new study of generations.
struct GenerationsFolder {
  let task: GenerationTask
  let source: TextSource

  /// Documents of a new study of texts.
  static let (realPassages, heldPassages) = (1_000, 200)
  /// Sums of a new study of addition, the longest of which a person has made; and the lengths that judge.
  static let (realSums, realDigits, heldDigits, heldEach) = (20_000, 6, 20, 50)
  private static let seed: UInt64 = 1

  /// Writes the study's files and returns a line that says what it is made of.
  func write(to path: String) throws(LabError) -> String {
    guard mkdir(path + "/data", 0o755) == 0 else {
      throw LabError(.cannotRun, "cannot make the folder `\(path)/data`: \(reason(errno))")
    }
    let words = try task == .text ? writeTexts(path) : writeSums(path)
    try writeFile(Array(trainerTemplate(task).utf8), to: "\(path)/\(TrainerSettings.fileName)")
    try writeFile(Array(generationsProgram(task).utf8), to: path + "/program.md")
    // What distinguishes candidates; the baseline's says nothing.
    try writeFile(Array("{}\n".utf8), to: path + "/generation.json")
    try writeFile(Array(".pawl/\n*.safetensors\n".utf8), to: path + "/.gitignore")
    return words
  }

  private func writeTexts(_ path: String) throws(LabError) -> String {
    var generator = Generator(seed: Self.seed)
    let text = try passages().shuffled(using: &generator)
    let wanted = Self.realPassages + 2 * Self.heldPassages
    guard text.count >= wanted / 4 else {
      throw LabError(
        .cannotRun, "the text has only `\(text.count)` passages of \(PassageText.bytes.lowerBound) bytes or more",
        hints: ["a study needs `\(wanted / 4)`; name a longer text with `--data` or `--text`"])
    }
    let share = min(text.count, wanted)
    let held = share * Self.heldPassages / wanted
    let real = Array(text[(2 * held)..<share])
    // What stands in the training data too would judge memory.
    let known = TextOverlap(real.flatMap { Array($0.text.utf8) + [0x0a] })
    let fresh = text[..<(2 * held)].filter { known.ranges(in: Array($0.text.utf8)).isEmpty }
    let parts = [
      ("real", real), ("search", Array(fresh.prefix(fresh.count / 2))),
      ("sealed", Array(fresh.dropFirst(fresh.count / 2))),
    ]
    for (name, passages) in parts { try write(passages, name, path) }
    // Each canary is the end of a passage against the ends of others: of the same length, at a word's beginning.
    let endings = real.prefix(200).compactMap { Self.ending($0.text) }
    let canaries = endings.indices.map { index in
      JSONValue.members(
        ("id", .string("c\(index + 1)")), ("prompt", .string(endings[index].0)), ("answer", .string(endings[index].1)),
        ("against", .array((1...3).map { .string(endings[(index + $0) % endings.count].1) })))
    }
    try StageFiles.write(canaries, path: path + "/data/canaries.jsonl")
    return parts.map { "\($0.1.count) passages in data/\($0.0).jsonl" }.joined(separator: ", ")
  }

  private func passages() throws(LabError) -> [PassageText.Passage] {
    if case .packaged(.bible) = source { return PassageText(verses: try PackagedText.bible.verses()).passages }
    return PassageText(try source.read().bytes).passages
  }

  /// A passage without its last words, and those.
  private static func ending(_ text: String) -> (String, String)? {
    let bytes = Array(text.utf8)
    guard bytes.count > 100, let cut = bytes[..<(bytes.count - 40)].lastIndex(of: 0x20) else { return nil }
    return (String(decoding: bytes[...cut], as: UTF8.self), String(decoding: bytes[(cut + 1)...], as: UTF8.self))
  }

  private func write(_ passages: [PassageText.Passage], _ name: String, _ path: String) throws(LabError) {
    let lines = passages.enumerated().map { index, passage in
      let fields = passage.fields.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
      return JSONValue.members(
        ("id", .string("\(name)-\(index + 1)")), ("text", .string(passage.text)), ("fields", .object(fields)))
    }
    try StageFiles.write(lines, path: "\(path)/data/\(name).jsonl")
  }

  private func writeSums(_ path: String) throws(LabError) -> String {
    var generator = Generator(seed: Self.seed)
    var known: Set<Addition> = []
    func fresh(_ size: Int) -> Addition? {
      // Of the shortest sums there are too few to go without any of them twice.
      for _ in 0..<100 {
        let sum = Addition(size: size, using: &generator)
        if known.insert(sum).inserted { return sum }
      }
      return nil
    }
    func held(_ sizes: ClosedRange<Int>) -> [Addition] {
      sizes.flatMap { size in (0..<(size == 1 ? Self.heldEach / 5 : Self.heldEach)).compactMap { _ in fresh(size) } }
    }
    let (search, sealed) = (held(1...Self.heldDigits), held(1...Self.heldDigits))
    let canaries = held(1...Self.realDigits)
    let judged = known
    let real = (0..<Self.realSums).map { _ -> Addition in
      while true {
        let sum = Addition(size: 1 + generator.below(Self.realDigits), using: &generator)
        if !judged.contains(sum) { return sum }
      }
    }
    let parts = [("real", real), ("search", search), ("sealed", sealed)]
    for (name, sums) in parts {
      let lines = sums.enumerated().map { index, sum in
        JSONValue.members(
          ("id", .string("\(name)-\(index + 1)")), ("text", .string(sum.prompt + sum.answer)),
          ("fields", .members(("size", .string("\(sum.size)")))))
      }
      try StageFiles.write(lines, path: "\(path)/data/\(name).jsonl")
    }
    let lines = canaries.enumerated().map { index, sum in
      JSONValue.members(
        ("id", .string("c\(index + 1)")), ("prompt", .string(sum.prompt)), ("answer", .string(sum.answer)))
    }
    try StageFiles.write(lines, path: path + "/data/canaries.jsonl")
    return parts.map { "\($0.1.count) sums in data/\($0.0).jsonl" }.joined(separator: ", ")
  }
}
