import Dispatch
import PawlCore
import PawlCorpus
import PawlDocuments

/// What can be said of a document by itself: all of this is found on many cores at once.
struct LookedAt: Sendable {
  var document: Document
  var line: Int
  var fault: TextFault?
  var digest: TextDigest
  /// Where its signature begins in that of its part.
  var signature: Int
  var near: NearIndex.Match?
  var overlap: HeldIndex.Match?
  /// The share of its shingles that the training set does not have.
  var newShare: Double?
}

/// Documents in a row with their signatures.
struct LookedAtPart: Sendable {
  var documents: [LookedAt] = []
  var signatures: [UInt16] = []
  var keys: [UInt32] = []
  /// Digests in `keys` of each document.
  var bands = 0

  func signature(_ document: LookedAt) -> ArraySlice<UInt16> {
    signatures[document.signature..<document.signature + MinHash.size]
  }

  func keys(_ document: LookedAt) -> ArraySlice<UInt32> {
    let number = document.signature / MinHash.size
    return keys[number * bands..<(number + 1) * bands]
  }
}

extension FilterKnowledge {
  /// Looks at the documents of some lines; `near` is what was seen before them, which they are compared with unless they are learnt only.
  func look(
    at block: LineBlock, _ parser: DocumentParser, near: NearIndex?, comparing: Bool
  ) throws(DocumentsError) -> LookedAtPart {
    var part = LookedAtPart()
    part.bands = near?.banding.bands ?? 0
    var shingles = Shingles()
    try block.forEachLine { (range, number) throws(DocumentsError) in
      guard block.bytes[range].contains(where: { $0 > 0x20 }) else { return }
      let document = try parser.document(Array(block.bytes[range]), number: number)
      var looked = LookedAt(
        document: document, line: number, fault: TextFault(document.text), digest: TextDigest(document.text),
        signature: part.signatures.count)
      if looked.fault == nil {
        shingles.read(document.text)
        if comparing { looked.overlap = held.match(shingles.tokens.hashes) }
        if comparing, rule.novelty != nil { looked.newShare = newShare(shingles.distinct) }
        if let near {
          minHash.add(shingles.hashes, to: &part.signatures)
          near.addKeys(of: part.signature(looked), to: &part.keys)
          if comparing { looked.near = near.match(part.signature(looked), keys: part.keys(looked)) }
        }
      }
      part.documents.append(looked)
    }
    return part
  }

  private func newShare(_ shingles: [UInt64]) -> Double {
    guard !shingles.isEmpty else { return 0 }
    return Double(shingles.count { !trainingShingles.contains($0) }) / Double(shingles.count)
  }
}

/// Returns what `body` makes of each value, in their order, on all cores; throws what it threw for the earliest.
func onAllCores<Value: Sendable, Result: Sendable, Failure: Error>(
  _ values: [Value], _ body: @Sendable (Value) throws(Failure) -> Result
) throws(Failure) -> [Result] {
  var results = [Swift.Result<Result, Failure>?](repeating: nil, count: values.count)
  results.withUnsafeMutableBufferPointer { buffer in
    // Each iteration writes its own element, and all have ended when the buffer is read.
    nonisolated(unsafe) let slots = buffer
    DispatchQueue.concurrentPerform(iterations: values.count) { index in
      do throws(Failure) {
        slots[index] = .success(try body(values[index]))
      } catch {
        slots[index] = .failure(error)
      }
    }
  }
  var found: [Result] = []
  for case .some(let result) in results { found.append(try result.get()) }
  return found
}
