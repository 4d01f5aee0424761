/// What a language model is made of: stands in its file, so that a file alone is enough to use it.
package struct LanguageShape: Sendable, Hashable {
  /// How a model knows the place of a byte.
  package enum Position: String, Sendable, CaseIterable {
    /// Not at all but for what the causal mask tells (Kazemnejad et al. 2023, arXiv 2305.19466).
    case none
    /// Angles of queries and keys (Su et al. 2021, arXiv 2104.09864).
    case rotary
    /// A learned vector for the place of a digit in its number, counted from a start drawn anew for each document (McLeish et al. 2024,
    /// arXiv 2405.17399).
    case digits
  }

  package var depth = 2
  package var width = 64
  package var heads = 2
  /// Bytes that a model sees at once, the one before a document included.
  package var context = 256
  package var position = Position.rotary
  /// With ``Position/digits``: the starts are drawn from 0 up to this.
  package var shift = 0
  /// Only what follows the first such byte of a document is learnt and judged; nil for all of it.
  package var answerAfter: UInt8?
  /// The largest `fields.size` of what it was trained on; 0 where documents have none.
  package var reach = 0

  package init() {}

  /// Stands before and after a document; no text holds it.
  static let edge: UInt8 = 0
  /// Places that a model with ``Position/digits`` tells apart.
  static let places = 256
  /// How far from the middle the places of a sample may begin.
  static let wobble = 4
  /// A hidden layer's width in widths of the stream.
  static let ratio = 4

  /// Where places begin when a model is judged: those at either end are the least learnt.
  var middle: Int { shift / 2 }

  /// Says what does not fit together; nil when all does.
  package var problem: String? {
    if !(1...32).contains(depth) { return "depth `\(depth)` is not between `1` and `32`" }
    if !(8...2048).contains(width) { return "width `\(width)` is not between `8` and `2048`" }
    if heads < 1 || width % heads != 0 || width / heads % 8 != 0 {
      return "width `\(width)` does not split over `\(heads)` heads of a multiple of 8 channels"
    }
    if !(2...8192).contains(context) { return "context `\(context)` is not between `2` and `8192`" }
    if !(0...128).contains(shift) { return "position_shift `\(shift)` is not between `0` and `128`" }
    return nil
  }

  /// Numbers that a model of this shape has learnt.
  var weights: Int {
    let tables = (position == .digits ? 3 : 2) * 256 * width
    return tables + depth * ((4 + 2 * Self.ratio) * width * width + 2 * width) + width
  }

  /// Name and value of each part, in a fixed order.
  var entries: [(name: String, value: String)] {
    [
      ("depth", "\(depth)"), ("width", "\(width)"), ("heads", "\(heads)"), ("context", "\(context)"),
      ("position", position.rawValue), ("shift", "\(shift)"),
      ("answer_after", answerAfter.map { "\($0)" } ?? "none"), ("reach", "\(reach)"),
    ]
  }

  /// Reads what ``entries`` has written; nil when a part is missing or makes no sense.
  init?(entries: [String: String]) {
    func number(_ name: String) -> Int? { entries[name].flatMap { Int($0) } }
    guard let depth = number("depth"), let width = number("width"), let heads = number("heads"),
      let context = number("context"), let shift = number("shift"), let reach = number("reach"), reach >= 0,
      let position = entries["position"].flatMap(Position.init), let answer = entries["answer_after"]
    else { return nil }
    (self.depth, self.width, self.heads, self.context) = (depth, width, heads, context)
    (self.position, self.shift, self.reach) = (position, shift, reach)
    if answer != "none" {
      guard let byte = UInt8(answer) else { return nil }
      answerAfter = byte
    }
    if problem != nil { return nil }
  }

  /// The places of the bytes of a document that begins at `start`: a digit's in its number from 1, any other byte's 0, each plus `start`.
  func places(_ bytes: some Sequence<UInt8>, start: Int) -> [UInt8] {
    var place = 0
    return bytes.map { byte in
      place = Self.place(of: byte, after: place)
      return UInt8(min(Self.places - 1, start + place))
    }
  }

  static func place(of byte: UInt8, after place: Int) -> Int { (0x30...0x39).contains(byte) ? place + 1 : 0 }
}
