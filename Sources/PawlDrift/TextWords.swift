import PawlCore

/// The words of a text as numbers.
enum TextWords {
  /// Whether a byte belongs to a word: an ASCII letter or digit, or part of a character beyond ASCII.
  static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
  }

  /// Returns the hashes of the words in their order, ASCII letters in lower case (FNV-1a, 64 bits).
  static func hashes(_ text: ArraySlice<UInt8>) -> [UInt64] {
    var words: [UInt64] = []
    words.reserveCapacity(text.count / 5)
    var hash = start
    var inside = false
    for byte in text {
      if isWord(byte) {
        hash = (hash ^ UInt64(lowered(byte))) &* prime
        inside = true
      } else if inside {
        words.append(hash)
        hash = start
        inside = false
      }
    }
    if inside { words.append(hash) }
    return words
  }

  static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }

  static let start: UInt64 = 0xcbf2_9ce4_8422_2325
  static let prime: UInt64 = 0x100_0000_01b3

  /// Spreads a hash over all bits (SplitMix64's finaliser).
  static func mixed(_ value: UInt64) -> UInt64 {
    var generator = SeededGenerator(seed: value)
    return generator.next()
  }
}

/// Runs of words by number, so that a sample's different ones are counted without hashing again.
struct WordRuns: Sendable {
  /// Where each text's runs begin; one more than there are texts.
  private(set) var starts = [0]
  /// Numbers from 0 in the order in which the runs were first seen.
  private(set) var runs: [Int32] = []
  /// How many different runs there are.
  let kinds: Int

  init(_ texts: [[UInt64]], length: Int) {
    var numbers: [UInt64: Int32] = [:]
    for words in texts {
      if words.count >= length {
        for first in 0...(words.count - length) {
          var hash: UInt64 = 0
          for place in first..<(first + length) { hash = TextWords.mixed(hash ^ words[place]) }
          let next = Int32(clamping: numbers.count)
          let number = numbers[hash, default: next]
          if number == next { numbers[hash] = next }
          runs.append(number)
        }
      }
      starts.append(runs.count)
    }
    kinds = numbers.count
  }

  subscript(text: Int) -> ArraySlice<Int32> { runs[starts[text]..<starts[text + 1]] }

  /// The same with each text's runs ascending and once only.
  func distinct() -> WordRuns {
    var starts = [0]
    var kept: [Int32] = []
    for text in 0..<(self.starts.count - 1) {
      var last: Int32 = -1
      for run in self[text].sorted() where run != last {
        kept.append(run)
        last = run
      }
      starts.append(kept.count)
    }
    return WordRuns(starts: starts, runs: kept, kinds: kinds)
  }

  private init(starts: [Int], runs: [Int32], kinds: Int) {
    self.starts = starts
    self.runs = runs
    self.kinds = kinds
  }
}
