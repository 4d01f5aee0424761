/// Texts that were seen, found again by those that are nearly the same (locality-sensitive hashing of MinHash signatures).
///
/// About 600 bytes a text. Texts are numbered from 0 in the order in which they are added.
package struct NearIndex: Sendable {
  package let threshold: Double
  package let banding: Banding
  private var signatures = SignatureStore()
  private var tables: [BandTable]
  /// Texts that share a band beyond this are not kept there: texts by one template would make each of them be compared with all.
  static let longestBucket = 16

  /// Throws `.badSetting` for a threshold outside of 0.05...1.
  package init(threshold: Double) throws(CorpusError) {
    self.threshold = threshold
    banding = try Banding(threshold: threshold)
    tables = Array(repeating: BandTable(), count: banding.bands)
  }

  package var count: Int { signatures.count }

  /// A text that is as similar as the threshold at least.
  package struct Match: Sendable, Hashable {
    package var number: Int
    package var likeness: Double
  }

  /// Adds the digests of a signature's bands, by which a text is found and added.
  package func addKeys(of signature: ArraySlice<UInt16>, to keys: inout [UInt32]) {
    signature.withUnsafeBufferPointer { signature in
      for band in 0..<banding.bands { keys.append(banding.key(signature, band)) }
    }
  }

  /// Returns the text that is most alike, the earliest of several; nil where none reaches the threshold.
  package func match(_ signature: ArraySlice<UInt16>, keys: ArraySlice<UInt32>) -> Match? {
    guard count > 0 else { return nil }
    // All places are asked for before any is looked at, so that the processor waits for memory once.
    return withUnsafeTemporaryAllocation(of: Bool.self, capacity: keys.count) { isThere in
      tables.withUnsafeBufferPointer { tables in
        for (band, key) in keys.enumerated() { isThere[band] = tables[band].mayHave(key) }
      }
      var best: Match?
      var seen: [Int] = []
      for (band, key) in keys.enumerated() where isThere[band] {
        tables[band].forEach(key) { number in
          guard !seen.contains(number) else { return }
          seen.append(number)
          let likeness = signatures.likeness(number, signature)
          guard likeness >= threshold else { return }
          if let known = best, (known.likeness, number) >= (likeness, known.number) { return }
          best = Match(number: number, likeness: likeness)
        }
      }
      return best
    }
  }

  /// Adds texts, each by its signature of 128 numbers and the digests of its bands.
  ///
  /// `perform` is given how many pieces of work there are, and does each once; it may do several at a time.
  package mutating func add(
    _ added: some RandomAccessCollection<UInt16>, keys: ArraySlice<UInt32>,
    perform: (Int, @escaping @Sendable (Int) -> Void) -> Void = { count, work in (0..<count).forEach(work) }
  ) {
    let first = count
    signatures.append(added)
    let (bands, end) = (banding.bands, count)
    tables.withUnsafeMutableBufferPointer { buffer in
      // Each piece of work has a table of its own.
      nonisolated(unsafe) let tables = buffer
      perform(bands) { band in
        tables[band].add(first, end) { keys[keys.startIndex + ($0 - first) * bands + band] }
      }
    }
  }

  /// Forgets all texts, and keeps the memory for others.
  package mutating func removeAll() {
    guard count > 0 else { return }
    signatures.removeAll()
    for band in tables.indices { tables[band].removeAll() }
  }
}

/// Signatures by number, in pieces, so that growth never copies them.
private struct SignatureStore: Sendable {
  private static let piece = 1 << 14
  private var pieces: [[UInt16]] = []
  private(set) var count = 0

  mutating func append(_ signatures: some RandomAccessCollection<UInt16>) {
    var rest = signatures[...]
    while rest.count >= MinHash.size {
      if count / Self.piece == pieces.count {
        pieces.append([])
        pieces[pieces.count - 1].reserveCapacity(Self.piece * MinHash.size)
      }
      pieces[count / Self.piece] += rest.prefix(MinHash.size)
      rest = rest.dropFirst(MinHash.size)
      count += 1
    }
  }

  mutating func removeAll() {
    for index in pieces.indices { pieces[index].removeAll(keepingCapacity: true) }
    count = 0
  }

  func likeness(_ number: Int, _ signature: ArraySlice<UInt16>) -> Double {
    let start = number % Self.piece * MinHash.size
    return MinHash.likeness(pieces[number / Self.piece][start..<start + MinHash.size], signature)
  }
}

/// Numbers by the digest of a band: open addressing, several of one digest behind one another.
private struct BandTable: Sendable {
  /// The digest, and below it one more than the number; 0 for none.
  private var entries: [UInt64] = Array(repeating: 0, count: 1 << 6)

  /// Whether the place of a digest is taken.
  @inline(__always)
  func mayHave(_ key: UInt32) -> Bool {
    entries.withUnsafeBufferPointer { $0[Int(key) & ($0.count - 1)] != 0 }
  }

  /// Calls `body` with the numbers under a digest, the earliest first.
  func forEach(_ key: UInt32, _ body: (Int) -> Void) {
    entries.withUnsafeBufferPointer { entries in
      let mask = entries.count - 1
      var index = Int(key) & mask
      while entries[index] != 0 {
        if entries[index] >> 32 == UInt64(key) { body(Int(entries[index] & 0xffff_ffff) - 1) }
        index = (index + 1) & mask
      }
    }
  }

  /// Adds numbers from `first` up to `end`, two thirds full at most; `key` says the digest of a number.
  mutating func add(_ first: Int, _ end: Int, key: (Int) -> UInt32) {
    if end * 3 > entries.count * 2 { grow(to: end) }
    entries.withUnsafeMutableBufferPointer { entries in
      for number in first..<end {
        Self.place(UInt64(key(number)) << 32 | UInt64(UInt32(truncatingIfNeeded: number + 1)), &entries)
      }
    }
  }

  private mutating func grow(to wanted: Int) {
    var capacity = entries.count
    while wanted * 3 > capacity * 2 { capacity *= 2 }
    let old = entries
    entries = Array(repeating: 0, count: capacity)
    // From behind an empty place on, so that the earliest of one digest stay the first.
    let start = old.firstIndex(of: 0) ?? 0
    entries.withUnsafeMutableBufferPointer { entries in
      for offset in 1...old.count {
        let entry = old[(start + offset) & (old.count - 1)]
        if entry != 0 { Self.place(entry, &entries) }
      }
    }
  }

  /// Puts an entry behind those of its digest; no more of one digest than are ever looked at, as texts by one template share many bands.
  @inline(__always)
  private static func place(_ entry: UInt64, _ entries: inout UnsafeMutableBufferPointer<UInt64>) {
    let mask = entries.count - 1
    var (index, left) = (Int(entry >> 32) & mask, NearIndex.longestBucket)
    while entries[index] != 0 {
      if entries[index] >> 32 == entry >> 32 {
        left -= 1
        if left == 0 { return }
      }
      index = (index + 1) & mask
    }
    entries[index] = entry
  }

  mutating func removeAll() {
    for index in entries.indices { entries[index] = 0 }
  }
}
