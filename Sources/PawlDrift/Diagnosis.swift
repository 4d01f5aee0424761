import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where a model is weak on real documents that it was not trained on.
public struct Diagnosis: Sendable, Codable, Hashable {
  /// Documents that have something in common.
  public struct Slice: Sendable, Codable, Hashable {
    public var name: String
    public var documents: Int
    public var bytes: Int
    /// Its share of all bytes, 0...1.
    public var mass: Double
    /// Nats a byte.
    public var loss: Double
    /// How much higher its documents' mean loss is than that of all others, with its interval; nil where there are no others.
    public var gap: Gap?
    /// The gap times the mass: what would be won if the slice were like the rest. Slices are ranked by it.
    public var score: Double
    /// The share of aimed prompts that it gets, 0...1.
    public var weight: Double
    /// Nil where confidence and accuracy were not measured.
    public var calibration: Calibration?
  }

  /// A difference of mean losses, in nats a byte, with its 95 % percentile bootstrap interval.
  public struct Gap: Sendable, Codable, Hashable {
    public var value: Double
    public var low: Double
    public var high: Double
  }

  /// How sure a model is, how often it is right, and how far these are apart.
  public struct Calibration: Sendable, Codable, Hashable {
    public var confidence: Double
    public var accuracy: Double
    /// `CalibrationError.expected`.
    public var error: Double
  }

  /// What the slices are made of.
  public var by: String
  public var documents: Int
  public var bytes: Int
  /// Nats a byte over all bytes.
  public var loss: Double
  public var calibration: Calibration?
  /// How much higher the loss of the tenth of documents with the rarest words is; nil where that cannot be told.
  public var tail: Gap?
  /// The weakest first.
  public var slices: [Slice]

  /// Looks for weak spots; throws where no document has a finite loss.
  public init(_ texts: [ProbeText], slicer: TextSlicer, seed: UInt64) throws(DriftError) {
    let texts = texts.filter { $0.loss.isFinite && $0.loss >= 0 && $0.loss < 1e6 && $0.bytes > 0 && $0.bytes < 1 << 40 }
    guard !texts.isEmpty else {
      throw DriftError(
        .tooFew, "no document has a loss",
        hints: ["see that the command of stage `diagnose` writes `losses.jsonl` for `probe.jsonl`"])
    }
    by = slicer.name
    documents = texts.count
    let all = texts.reduce(0) { $0 + $1.bytes }
    bytes = all
    loss = Self.loss(texts)
    calibration = Self.calibration(texts)
    tail = Self.tail(texts, seed: seed)
    let names = texts.map { slicer.slice(of: $0.text, fields: $0.fields) }
    slices = Set(names).sorted().enumerated().map { place, name in
      let own = zip(texts, names).filter { $0.1 == name }.map(\.0)
      let others = zip(texts, names).filter { $0.1 != name }.map(\.0.loss)
      let bytes = own.reduce(0) { $0 + $1.bytes }
      let mass = Double(bytes) / Double(all)
      let gap = Self.gap(own.map(\.loss), others, seed: seed &+ UInt64(place))
      return Slice(
        name: name, documents: own.count, bytes: bytes, mass: mass, loss: Self.loss(own), gap: gap,
        score: (gap?.value ?? 0) * mass, weight: 0, calibration: Self.calibration(own))
    }
    slices.sort { ($1.score, $0.name) < ($0.score, $1.name) }
    for (place, weight) in weights().enumerated() { slices[place].weight = weight }
  }

  /// What is surely weak gets prompts by how much it would win at least; where nothing surely is, each slice by its mass.
  private func weights() -> [Double] {
    let sure = slices.map { $0.mass * max(0, $0.gap?.low ?? 0) }
    let total = sure.reduce(0, +)
    return total > 0 ? sure.map { $0 / total } : slices.map(\.mass)
  }

  private static func loss(_ texts: [ProbeText]) -> Double {
    let bytes = texts.reduce(0.0) { $0 + Double($1.bytes) }
    return texts.reduce(0) { $0 + $1.loss * Double($1.bytes) } / bytes
  }

  private static func gap(_ own: [Double], _ others: [Double], seed: UInt64) -> Gap? {
    guard own.count > 1, others.count > 1 else { return nil }
    // Fewer resamples of many documents: their interval is smooth anyway.
    let resamples = max(400, min(2_000, 4_000_000 / (own.count + others.count)))
    let interval = BootstrapInterval.difference(of: own, less: others, resamples: resamples, seed: seed)
    return interval.map {
      Gap(value: Moments(own).mean - Moments(others).mean, low: $0.lowerBound, high: $0.upperBound)
    }
  }

  private static func calibration(_ texts: [ProbeText]) -> Calibration? {
    let measured = texts.compactMap { text -> (confidence: Double, accuracy: Double, weight: Double)? in
      guard let confidence = text.confidence, let accuracy = text.accuracy else { return nil }
      return (confidence, accuracy, Double(text.bytes))
    }
    guard let error = CalibrationError.expected(measured) else { return nil }
    let within = measured.filter { (0...1).contains($0.confidence) && (0...1).contains($0.accuracy) }
    let weight = within.reduce(0) { $0 + $1.weight }
    return Calibration(
      confidence: within.reduce(0) { $0 + $1.confidence * $1.weight } / weight,
      accuracy: within.reduce(0) { $0 + $1.accuracy * $1.weight } / weight, error: error)
  }

  /// Documents by how few others have their words.
  private static func tail(_ texts: [ProbeText], seed: UInt64) -> Gap? {
    let words = texts.map { Set(TextWords.hashes(Array($0.text.utf8)[...])).sorted() }
    var having: [UInt64: Int] = [:]
    for text in words { for word in text { having[word, default: 0] += 1 } }
    let rarity = words.map { text in
      text.reduce(0.0) { $0 - log(Double(having[$1, default: 1]) / Double(texts.count)) } / Double(max(1, text.count))
    }
    let order = texts.indices.sorted { (rarity[$1], $0) < (rarity[$0], $1) }
    let rare = order.prefix(texts.count / 10)
    return gap(rare.map { texts[$0].loss }, order.dropFirst(rare.count).map { texts[$0].loss }, seed: seed)
  }
}
