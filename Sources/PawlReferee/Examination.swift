/// Which windows a candidate is asked for, in which order, and which of them are probes.
///
/// Every candidate is scored on the same windows, so that scores compare. Order and probes come from `generator`, which must be one
/// that the candidate cannot foresee.
package struct Examination: Sendable {
  /// One window of a question.
  struct Item: Equatable, Sendable {
    enum Role: Equatable, Sendable {
      /// The window as it stands in the text.
      case natural
      /// Up to `cut` the window, then what another one has there.
      case spliced(cut: Int, donor: Int)
      /// The window once more.
      case repeated
    }
    let window: Int
    let role: Role
  }

  let text: [UInt8]
  let context: Int
  /// Where each window begins.
  let starts: [Int]
  /// All items in the order of asking.
  let items: [Item]
  /// The cut of each window that is also asked for spliced.
  let cuts: [Int: Int]
  /// The windows that are asked for twice as they are.
  let repeats: Set<Int>
  /// Most windows in one question.
  package let batch: Int
  /// Windows in the first question.
  let opening: Int

  /// Positions in a question: enough to keep a candidate's matrix products busy, few enough for an answer of 4 MiB.
  private static let positions = 4096
  /// Windows that a candidate sees before its first answer, at most.
  private static let few = 4
  /// Bytes of first answers that are kept to be compared: a tenth of very many windows need not all be.
  private static let keptBytes = 256 << 20

  package init(
    text: [UInt8], context: Int, windows: Int, generator: inout some RandomNumberGenerator
  ) throws(LabError) {
    guard context >= 2, context <= 16_384 else {
      throw LabError(.usage, "a window of `\(context)` bytes is out of range: `2` to `16384`")
    }
    let length = context + 1
    let available = text.count / length
    guard available > 0 else {
      throw LabError(.cannotRun, "the held-out text has `\(text.count)` bytes, fewer than one window of `\(length)`")
    }
    let count = min(max(1, windows), available)
    self.text = text
    self.context = context
    // Whole windows side by side, evenly over the text.
    starts = (0..<count).map { length * (count == 1 ? 0 : $0 * (available - 1) / (count - 1)) }

    let order = (0..<count).shuffled(using: &generator)
    let probes = max(1, min(count / 10, Self.keptBytes / (context * Distribution.bytes)))
    let repeats = max(1, min(count / 100, 16))
    // Some of the windows that are asked twice come first of all, before a candidate can have learned from any other.
    let early = min((repeats + 1) / 2, Self.few)
    var keyed: [(key: Double, item: Item)] = []
    var cuts: [Int: Int] = [:]
    var repeated: Set<Int> = []
    func draw(_ range: Range<Double>) -> Double { Double.random(in: range, using: &generator) }
    for (place, window) in order.enumerated() {
      let natural = Item(window: window, role: .natural)
      if place < probes {
        let cut = Int.random(in: 1..<context, using: &generator)
        let donor = Self.donor(for: window, cut: cut, text: text, starts: starts, generator: &generator)
        cuts[window] = cut
        var pair = [natural, Item(window: window, role: .spliced(cut: cut, donor: donor))]
        // What shows that a candidate looks ahead is the spliced window, and only when it comes first.
        if Int.random(in: 0..<8, using: &generator) > 0 { pair.swapAt(0, 1) }
        keyed += [(draw(0..<0.4), pair[0]), (draw(0.6..<1), pair[1])]
      } else if place < probes + repeats {
        repeated.insert(window)
        let first = draw(place < probes + early ? -1..<0 : 0..<0.1)
        keyed += [(first, natural), (draw(0.9..<1), Item(window: window, role: .repeated))]
      } else {
        keyed.append((draw(0..<1), natural))
      }
    }
    items = keyed.sorted { $0.key < $1.key }.map(\.item)
    self.cuts = cuts
    self.repeats = repeated
    // So many questions that the two in a candidate's hands hold little to learn from before it answers them.
    batch = max(1, min(Self.positions / context, items.count / 32))
    opening = min(batch, Self.few)
  }

  /// Returns a window whose text goes on otherwise at `cut`, if there is one: a probe is worth most where the next byte differs.
  private static func donor(
    for window: Int, cut: Int, text: [UInt8], starts: [Int], generator: inout some RandomNumberGenerator
  ) -> Int {
    var donor = window
    for _ in 0..<64 {
      donor = Int.random(in: 0..<starts.count, using: &generator)
      if text[starts[donor] + cut] != text[starts[window] + cut] { break }
    }
    return donor
  }

  package var windows: Int { starts.count }
  package var questions: Int { 1 + (items.count - opening + batch - 1) / batch }
  /// The longest answer, in bytes.
  package var largestAnswer: Int { batch * context * Distribution.bytes }

  func items(of question: Int) -> Range<Int> {
    let begin = question == 0 ? 0 : opening + (question - 1) * batch
    return begin..<min(question == 0 ? opening : begin + batch, items.count)
  }

  /// Returns the windows of a question, one after the other.
  func payload(of question: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(batch * context)
    for item in items[items(of: question)] {
      let start = starts[item.window]
      switch item.role {
      case .natural, .repeated: bytes += text[start..<start + context]
      case .spliced(let cut, let donor):
        bytes += text[start..<start + cut]
        bytes += text[starts[donor] + cut..<starts[donor] + context]
      }
    }
    return bytes
  }
}
