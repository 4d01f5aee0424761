/// Which slice a text belongs to.
public enum TextSlicer: Sendable {
  /// By the value of a field: those that were most frequent; any other is in the rest.
  case field(String, values: Set<String>)
  /// By clusters of similar text.
  case clusters(TextClusters)

  /// Slices of a field's values beyond these are one.
  public static let mostValues = 64
  /// The slice of texts whose value has none of its own.
  public static let rest = "(other)"
  /// The slice of texts without the field.
  public static let none = "(none)"

  /// Finds the slices of texts; throws where none has the field.
  ///
  /// A nil field is clusters of similar text.
  public init(field: String?, texts: [ProbeText], seed: UInt64) throws(DriftError) {
    guard let field else {
      self = .clusters(TextClusters(texts.map(\.text), seed: seed))
      return
    }
    var counts: [String: Int] = [:]
    for text in texts { if let value = text.fields[field] { counts[value, default: 0] += 1 } }
    guard !counts.isEmpty else {
      throw DriftError(
        .badSetting, "none of the `\(texts.count)` documents has a field `\(field)`",
        hints: ["put it into each document's `fields`, or leave `slice` out for clusters of similar text"])
    }
    let most = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostValues)
    self = .field(field, values: Set(most.map(\.key)))
  }

  /// Returns the slice's name.
  public func slice(of text: String, fields: [String: String]) -> String {
    switch self {
    case .field(let field, let values):
      guard let value = fields[field] else { return Self.none }
      return values.contains(value) ? value : Self.rest
    case .clusters(let clusters):
      return clusters.cluster(of: text).map { clusters.names[$0] } ?? Self.none
    }
  }

  /// What the slices are made of, for a person.
  public var name: String {
    switch self {
    case .field(let field, _): "field `\(field)`"
    case .clusters: "clusters of similar text"
    }
  }
}

/// A real document kept out of training, with what the model made of it.
public struct ProbeText: Sendable, Hashable {
  public var text: String
  public var fields: [String: String]
  /// Nats a byte.
  public var loss: Double
  public var bytes: Int
  /// The mean probability of the likeliest next byte, 0...1.
  public var confidence: Double?
  /// The share of bytes at which the likeliest was right, 0...1.
  public var accuracy: Double?
  public init(
    text: String, fields: [String: String] = [:], loss: Double, bytes: Int, confidence: Double? = nil,
    accuracy: Double? = nil
  ) {
    self.text = text
    self.fields = fields
    self.loss = loss
    self.bytes = bytes
    self.confidence = confidence
    self.accuracy = accuracy
  }
}
