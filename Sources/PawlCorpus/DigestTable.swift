/// Numbers by 64-bit digests, the first under each; open addressing, at 12 bytes a place and two thirds full at most.
package struct DigestTable: Sendable {
  private var keys: [UInt64] = Array(repeating: 0, count: 1 << 6)
  private var numbers: [UInt32] = Array(repeating: 0, count: 1 << 6)
  package private(set) var count = 0

  package init() {}

  package func contains(_ digest: UInt64) -> Bool { self[digest] != nil }

  /// The number under a digest.
  package subscript(_ digest: UInt64) -> Int? {
    let key = Self.key(digest)
    return keys.withUnsafeBufferPointer { keys in
      var index = Int(truncatingIfNeeded: key) & (keys.count - 1)
      while keys[index] != 0 {
        if keys[index] == key { return Int(numbers[index]) }
        index = (index + 1) & (keys.count - 1)
      }
      return nil
    }
  }

  /// Puts a number under a digest that has none; returns the one that is there otherwise.
  @discardableResult
  package mutating func insert(_ digest: UInt64, _ number: Int) -> Int? {
    if (count + 1) * 3 > keys.count * 2 { grow() }
    let key = Self.key(digest)
    var index = Int(truncatingIfNeeded: key) & (keys.count - 1)
    while keys[index] != 0 {
      if keys[index] == key { return Int(numbers[index]) }
      index = (index + 1) & (keys.count - 1)
    }
    keys[index] = key
    numbers[index] = UInt32(truncatingIfNeeded: number)
    count += 1
    return nil
  }

  private mutating func grow() {
    let (oldKeys, oldNumbers) = (keys, numbers)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    numbers = Array(repeating: 0, count: oldKeys.count * 2)
    let mask = keys.count - 1
    for (old, key) in oldKeys.enumerated() where key != 0 {
      var index = Int(truncatingIfNeeded: key) & mask
      while keys[index] != 0 { index = (index + 1) & mask }
      keys[index] = key
      numbers[index] = oldNumbers[old]
    }
  }

  /// 0 stands for an empty place.
  private static func key(_ digest: UInt64) -> UInt64 { digest == 0 ? 1 : digest }
}
