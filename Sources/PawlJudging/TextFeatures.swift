/// Turns texts into sets of hashed n-grams (Weinberger et al. 2009, arXiv 0902.2206).
///
/// Bytes by 3 and by 5, words by 1 and by 2, words without ASCII case.
struct TextFeatures {
  /// Columns are 0..<2^`bits`.
  let bits: Int
  /// The last text that had a column, so that nothing is cleared between texts.
  private var stamps: [UInt32]
  private var stamp: UInt32 = 0

  init(bits: Int) {
    self.bits = bits
    stamps = Array(repeating: 0, count: 1 << bits)
  }

  /// Puts the distinct columns of a text into `columns`, in the order in which they come.
  mutating func columns(of text: String, into columns: inout [Int32]) {
    columns.removeAll(keepingCapacity: true)
    stamp &+= 1
    if stamp == 0 {
      for index in stamps.indices { stamps[index] = 0 }
      stamp = 1
    }
    let shift = UInt64(64 - bits)
    let current = stamp
    var text = text
    stamps.withUnsafeMutableBufferPointer { stamps in
      func add(_ hash: UInt64) {
        let column = Int(truncatingIfNeeded: hash >> shift)
        if stamps[column] != current {
          stamps[column] = current
          columns.append(Int32(truncatingIfNeeded: column))
        }
      }
      text.withUTF8 { bytes in
        var window: UInt64 = 0
        var word: UInt64 = 0
        var lastWord: UInt64 = 0
        for index in bytes.indices {
          let byte = bytes[index]
          window = (window << 8) | UInt64(byte)
          if index >= 2 { add((window & 0xff_ffff) &* 0x9E37_79B9_7F4A_7C15) }
          if index >= 4 { add(((window & 0xff_ffff_ffff) ^ 0x5_0000_0000_0000) &* 0xD6E8_FEB8_6659_FD93) }
          if Self.isWord(byte) {
            let lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
            word = (word ^ UInt64(lower) &+ 0x100) &* 0x100_0000_01b3
          } else if word != 0 {
            add(word &* 0xBF58_476D_1CE4_E5B9)
            if lastWord != 0 { add((lastWord &* 31 &+ word) &* 0x94D0_49BB_1331_11EB) }
            lastWord = word
            word = 0
          }
        }
        if word != 0 {
          add(word &* 0xBF58_476D_1CE4_E5B9)
          if lastWord != 0 { add((lastWord &* 31 &+ word) &* 0x94D0_49BB_1331_11EB) }
        }
      }
    }
  }

  /// Letters, digits, and whatever is not ASCII.
  private static func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || (byte >= 0x30 && byte <= 0x39)
  }
}

/// Rows of which few columns are not zero, one behind the other.
struct SparseRows {
  private(set) var starts = [0]
  private(set) var columns: [Int32] = []
  private(set) var values: [Float] = []
  var count: Int { starts.count - 1 }

  mutating func add(_ columns: [Int32], _ values: [Float]) {
    self.columns += columns
    self.values += values
    starts.append(self.columns.count)
  }

  /// Adds a row of length 1 whose columns are alike.
  mutating func add(_ columns: [Int32]) {
    let value = columns.isEmpty ? 0 : 1 / Float(columns.count).squareRoot()
    add(columns, Array(repeating: value, count: columns.count))
  }
}
