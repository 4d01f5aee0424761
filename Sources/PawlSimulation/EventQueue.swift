/// What is going to happen, the earliest first; of what happens at the same time, what was scheduled first (a binary heap).
struct EventQueue<Happening: Sendable>: Sendable {
  struct Entry: Sendable {
    /// Milliseconds of simulated time.
    let at: Int64
    let order: Int
    let what: Happening
    fileprivate func precedes(_ other: Entry) -> Bool { at == other.at ? order < other.order : at < other.at }
  }
  /// As a heap, not by time.
  private(set) var entries: [Entry] = []
  private var scheduled = 0

  mutating func schedule(_ what: Happening, at: Int64) {
    scheduled += 1
    entries.append(Entry(at: at, order: scheduled, what: what))
    var index = entries.count - 1
    while index > 0, entries[index].precedes(entries[(index - 1) / 2]) {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func next() -> Entry? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first }
    entries[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
        if entries[child].precedes(entries[least]) { least = child }
      }
      guard least != index else { return first }
      entries.swapAt(index, least)
      index = least
    }
  }
}
