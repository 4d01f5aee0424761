import PawlCore
import PawlCorpus
import PawlDocuments
import PawlStatistics

/// What the filters know before they see a document.
struct FilterKnowledge: Sendable {
  let rule: FilterRule
  let held: HeldIndex
  /// Names of the held files, by their number in `held`.
  let heldNames: [String]
  /// The losses between which a document is kept.
  let band: ClosedRange<Double>?
  /// By digest of the id.
  let losses: [UInt64: Double]
  /// By digest of the id; nil where no verifier ran.
  let verdicts: [UInt64: Bool]?
  /// The file of the training set; nil where there is none yet.
  let training: String?
  var trainingShingles = DigestTable()
  let minHash = MinHash()

  init(_ recipe: GenerationRule, folder: StageFolder) throws {
    rule = recipe.filters
    for (name, share) in [("novelty", rule.novelty), ("vote", rule.vote), ("length", rule.length)] {
      guard let share else { continue }
      try Self.check(name, share)
    }
    var held = try HeldIndex(length: rule.overlap)
    heldNames = try folder.names().filter { $0.hasPrefix("held-") }
    guard recipe.held.isEmpty || !heldNames.isEmpty else {
      throw StagesError(
        .input, "`\(folder.input)` has none of the \(recipe.held.count) files of evaluation text",
        hints: ["they are `held-0.jsonl`, `held-1.txt` and so on, one for each file under `held` in pawl.yaml"])
    }
    for name in heldNames { try Self.add(folder.read(name), to: &held) }
    self.held = held
    training = ["train.jsonl", "real.jsonl"].first { folder.has($0) }
    if let quantiles = rule.band {
      guard 0 <= quantiles.low, quantiles.low < quantiles.high, quantiles.high <= 1 else {
        throw StagesError(
          .setting, "`band` goes from \(quantiles.low) to \(quantiles.high)",
          hints: ["it is two quantiles, the lower first, as `low: 0.05` and `high: 0.95`"])
      }
      let real = try StageLosses.values(folder.read("real-losses.jsonl"))
      guard !real.isEmpty else {
        throw StagesError(
          .input, "`real-losses.jsonl` holds no loss", hints: ["the band is made of the losses of real documents"])
      }
      band =
        Quantiles.quantile(quantiles.low, ofSorted: real)...Quantiles.quantile(quantiles.high, ofSorted: real)
      losses = try StageLosses.byID(folder.read("losses.jsonl"))
    } else {
      (band, losses) = (nil, [:])
    }
    if folder.has("verdicts.jsonl") {
      verdicts = try StageLosses.verdicts(folder.read("verdicts.jsonl"))
    } else if rule.verify != nil {
      throw StagesError(
        .input, "`verdicts.jsonl` is missing", hints: ["the command under `verify` writes a line a document"])
    } else {
      verdicts = nil
    }
  }

  static func digest(ofID id: String) -> UInt64 {
    var hash = StableHash()
    hash.add(id)
    return hash.value
  }

  /// The filters that are on, in their order.
  var filters: [FilterName] {
    FilterName.allCases.filter { name in
      switch name {
      case .valid: true
      case .overlap: !heldNames.isEmpty
      case .exact: rule.exact
      case .near: rule.near != nil
      case .band: band != nil
      case .novelty: rule.novelty != nil
      case .verify: verdicts != nil
      case .vote: rule.vote != nil
      case .length: rule.length != nil
      }
    }
  }

  private static func check(_ name: String, _ share: Double) throws(StagesError) {
    guard share >= 0, share <= 1 else {
      throw StagesError(.setting, "`\(name)` is \(share)", hints: ["it is a share from 0 to 1"])
    }
  }

  /// Adds a file of evaluation text: plain text as one text, JSON Lines as a text a line.
  private static func add(_ path: String, to held: inout HeldIndex) throws(DocumentsError) {
    held.beginFile()
    let blocks = try LineBlocks(path: path)
    let isJSONLines = DocumentParser.isJSONLines(path)
    while let block = try blocks.next() {
      try block.forEachLine { (range, number) throws(DocumentsError) in
        let line = block.bytes[range]
        guard isJSONLines else { return held.add(String(decoding: line, as: UTF8.self), line: number) }
        guard line.contains(where: { $0 > 0x20 }) else { return }
        for text in try HeldText.texts(Array(line), path: path, number: number) {
          held.add(text, line: number)
          held.endText()
        }
      }
    }
  }
}
