import PawlCore
import PawlDocuments
import PawlDrift

/// Draws prompts in one pass over the documents, in memory that grows with the prompts only.
struct PromptDraw {
  /// Documents of one generation: prompts are held in memory.
  private static let most = 10_000_000
  private let making: MakingRule
  private let slicer: TextSlicer?
  private let shares: PromptShares
  private let folder: StageFolder

  /// - Parameter aim: where the model is weak, and how to tell which slice a text is of; nil to draw of all alike.
  init(
    _ making: MakingRule, _ aim: (diagnosis: Diagnosis, slicer: TextSlicer)?, _ folder: StageFolder
  ) throws(StagesError) {
    guard (1...Self.most).contains(making.documents), making.samples > 0, making.promptBytes >= 0 else {
      throw StagesError(
        .setting, "no prompts for `\(making.documents)` documents in `\(making.samples)` samples each",
        hints: [
          "set `generations.generate.documents` to 1 up to \(Self.most), `samples` to 1 or more, `prompt_bytes` to 0 or more"
        ])
    }
    self.making = making
    slicer = aim?.slicer
    self.folder = folder
    let prompts = (making.documents - 1) / making.samples + 1
    shares = PromptShares(aim?.diagnosis, prompts: prompts, aim: making.aim)
  }

  func write() throws {
    let name = folder.has("real.jsonl") ? "real.jsonl" : "probe.jsonl"
    let slices = shares.aimed.keys.sorted()
    var aimed = Dictionary(
      uniqueKeysWithValues: slices.enumerated().map { place, slice in
        (slice, Reservoir<String>(size: shares.aimed[slice] ?? 0, seed: folder.seed &+ UInt64(place) &+ 2))
      })
    // As many as all prompts: what slices without a real document leave open is drawn of all alike, too.
    let total = shares.aimed.values.reduce(0, +) + shares.aimless
    var aimless = Reservoir<String>(size: total, seed: folder.seed &+ 1)
    let reader = try DocumentReader(path: folder.read(name), name: name)
    while let document = try reader.next() {
      guard !document.text.isEmpty else { continue }
      aimless.offer { beginning(document.text) }
      guard !slices.isEmpty, let slicer else { continue }
      let slice = slicer.slice(of: document.text, fields: document.fields)
      aimed[slice]?.offer { beginning(document.text) }
    }
    guard !aimless.items.isEmpty else {
      throw StagesError(
        .input, "`\(folder.read(name))` has no text to make prompts of", hints: ["see that it is not empty"])
    }
    var prompts = slices.flatMap { slice -> [(prompt: String, slice: String?)] in
      let drawn = aimed[slice]?.items ?? []
      // A slice that the documents have too few of, or none, is asked for again, or left to chance.
      return (0..<(shares.aimed[slice] ?? 0)).compactMap { drawn.isEmpty ? nil : (drawn[$0 % drawn.count], slice) }
    }
    for place in 0..<(total - prompts.count) { prompts.append((aimless.items[place % aimless.items.count], nil)) }
    try write(prompts)
  }

  private func write(_ prompts: [(prompt: String, slice: String?)]) throws {
    var generator = SeededGenerator(seed: folder.seed)
    let writer = try DocumentWriter(path: folder.written("prompts.jsonl"))
    var left = making.documents
    for (place, (prompt, slice)) in prompts.enumerated() where left > 0 {
      let samples = min(left, making.samples)
      left -= samples
      // Seeds that any reader of JSON keeps exactly.
      let line = JSONValue.members(
        ("id", .string("g\(folder.generation)-p\(place)")), ("prompt", .string(prompt)), ("samples", .integer(samples)),
        ("seed", .integer(Int(generator.next() >> 11))), ("slice", slice.map { .string($0) }))
      try writer.write(bytes: Array(line.text.utf8) + [0x0a])
    }
    try writer.finish()
  }

  /// Returns at most so many bytes, whole characters of Unicode only.
  private func beginning(_ text: String) -> String {
    let bytes = text.utf8
    guard bytes.count > making.promptBytes else { return text }
    var end = bytes.index(bytes.startIndex, offsetBy: making.promptBytes)
    while end > bytes.startIndex, bytes[end] & 0xc0 == 0x80 { end = bytes.index(before: end) }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
