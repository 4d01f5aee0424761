/// A document, or a window of a long one, as a model reads it: a byte in, the next one out.
struct LanguageSequence {
  let inputs: [UInt8]
  let targets: [UInt8]
  /// The rows that are learnt or judged.
  let learnt: Range<Int>

  var count: Int { inputs.count }

  /// The sequence of the bytes `window` of a document, its end included; nil for all of it.
  init(_ document: [UInt8], answerAfter mark: UInt8?, window: Range<Int>? = nil) {
    let whole = 0..<(document.count + 1)
    let rows = (window ?? whole).clamped(to: whole)
    inputs = rows.map { $0 == 0 ? LanguageShape.edge : document[$0 - 1] }
    targets = rows.map { $0 == document.count ? LanguageShape.edge : document[$0] }
    let answer = mark.flatMap { document.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
    let first = max(answer, rows.lowerBound) - rows.lowerBound
    learnt = first..<max(rows.count, first)
  }

  /// The windows of `context` bytes that cover a document, none of which lies over another one.
  static func windows(_ document: [UInt8], context: Int) -> [Range<Int>] {
    stride(from: 0, through: document.count, by: context).map { $0..<min($0 + context, document.count + 1) }
  }
}

/// Sequences of one length that pass through a model together: shorter ones are filled up, which nothing before the filling sees.
struct LanguageGroup {
  let length: Int
  let inputs: Bytes
  let places: Bytes?
  let targets: Bytes
  /// Rows that are learnt or judged, sequence after sequence.
  let rows: [Int]

  /// - Parameter starts: where the places of each sequence begin.
  init(_ sequences: [LanguageSequence], starts: [Int], shape: LanguageShape) {
    let length = sequences.map(\.count).max() ?? 0
    var inputs: [UInt8] = []
    var places: [UInt8] = []
    var targets: [UInt8] = []
    var rows: [Int] = []
    for (index, sequence) in sequences.enumerated() {
      let filling = repeatElement(LanguageShape.edge, count: length - sequence.count)
      inputs += sequence.inputs + filling
      if shape.position == .digits { places += shape.places(sequence.inputs + filling, start: starts[index]) }
      rows += sequence.learnt.map { index * length + $0 }
      targets += sequence.targets[sequence.learnt]
    }
    self.length = length
    self.inputs = Bytes(inputs)
    self.places = shape.position == .digits ? Bytes(places) : nil
    self.targets = Bytes(targets)
    self.rows = rows
  }

  /// Deals sequences, the shortest first, into groups of about so many rows; returns their indices.
  static func deal(_ lengths: [Int], rows: Int) -> [[Int]] {
    var groups: [[Int]] = []
    var group: [Int] = []
    for index in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
      if !group.isEmpty && (group.count + 1) * lengths[index] > rows {
        groups.append(group)
        group = []
      }
      group.append(index)
    }
    return group.isEmpty ? groups : groups + [group]
  }
}
