import PawlCore
import Testing

@testable import PawlCorpus

private let base =
  "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness"

/// What Python's sets of five lower-cased words say, and what datasketch 1.6.5 with 128 permutations estimates, for comparison.
@Test(arguments: [
  (base.replacing("Darkness", with: "Night"), 0.9512195121951219, 0.8984375),
  (base.replacing("foolishness", with: "folly"), 0.7777777777777778, 0.7890625),
  (base.replacing("belief", with: "faith").replacing("wisdom", with: "wit"), 0.6, 0.6171875),
  (base.uppercased() + "  and more of it\n", 0.9090909090909091, 0.921875),
])
func `likeness is Jaccard's over five words, and signatures estimate it`(
  text: String, exact: Double, datasketch: Double
) {
  #expect(abs(Shingles.likeness(base, text) - exact) < 1e-12)
  let estimate = MinHash.likeness(signature(base), signature(text))
  // Three deviations of an estimate from 128 numbers, within which the other's lie too.
  let deviation = 3 * (exact * (1 - exact) / 128).squareRoot()
  #expect(abs(estimate - exact) < deviation)
  #expect(abs(datasketch - exact) < deviation)
}

private func signature(_ text: String) -> ArraySlice<UInt16> {
  var (shingles, signature) = (Shingles(), [UInt16]())
  shingles.read(text)
  MinHash().add(shingles.hashes, to: &signature)
  return signature[...]
}

@Test func `estimates are right on average`() {
  var generator = SeededGenerator(seed: 1)
  let minHash = MinHash()
  for (common, own) in [(80, 10), (40, 40), (2, 1), (500, 100)] {
    var (sum, rounds) = (0.0, 0)
    while rounds < 200 {
      rounds += 1
      let shared = (0..<common).map { _ in generator.next() }
      var (first, second) = ([UInt16](), [UInt16]())
      minHash.add(shared + (0..<own).map { _ in generator.next() }, to: &first)
      minHash.add(shared + (0..<own).map { _ in generator.next() }, to: &second)
      sum += MinHash.likeness(first[...], second[...])
    }
    let exact = Double(common) / Double(common + 2 * own)
    // Four deviations of the mean of 200 estimates; numbers of one signature are not quite independent.
    #expect(abs(sum / Double(rounds) - exact) < 4 * (exact * (1 - exact) / 128 / 200).squareRoot() + 0.002)
  }
}

@Test func `bands are as long as a miss in 500 allows`() throws {
  #expect(try [Banding(threshold: 0.8).bands, Banding(threshold: 0.8).rows] == [21, 6])
  #expect(try Banding(threshold: 1).rows == 16)
  for threshold in [-1, 0, 1.01, .nan] {
    #expect(throws: CorpusError.self) { try Banding(threshold: threshold) }
  }
}

@Test func `near texts are found among many, and others are not`() throws {
  var generator = SeededGenerator(seed: 2)
  var words: [[String]] = []
  for _ in 0..<400 { words.append((0..<80).map { _ in String(generator.next() % 5_000) }) }
  var index = try NearIndex(threshold: 0.8)
  for text in words {
    var keys: [UInt32] = []
    let signature = signature(text.joined(separator: " "))
    index.addKeys(of: signature, to: &keys)
    #expect(index.match(signature, keys: keys[...]) == nil)
    index.add(signature, keys: keys[...])
  }
  var found = 0
  for (number, text) in words.enumerated() {
    var copy = text
    copy[Int(generator.next() % 80)] = "other"
    var keys: [UInt32] = []
    let signature = signature(copy.joined(separator: "\n"))
    index.addKeys(of: signature, to: &keys)
    if index.match(signature, keys: keys[...])?.number == number { found += 1 }
  }
  // One word of 80 is in at most 5 of 76 shingles, a likeness of 0.877 or more: an estimate is below 0.8 once in 250 times.
  #expect(found >= 396)
  index.removeAll()
  #expect(index.count == 0)
}

@Test func `texts of few words are compared by their bytes`() {
  #expect(Shingles.likeness("12+34=46", "12+34=46") == 1)
  #expect(Shingles.likeness("123+456=579", "124+456=580") < 0.5)
  #expect(Shingles.likeness("ab", "ac") == 0)
  #expect(Shingles.likeness("", " ") == 1)
}

@Test(arguments: [
  ("one  two\n", " one two", true), ("one two", "onetwo", false), ("one two", "One two", false), ("", " \n", true),
  ("a\u{c}b", "a b", true), ("a\u{a0}b", "a b", false), ("", "a", false), ("aaaaaaaa", "aaaaaaa", false),
  ("abcdefgh", "abcdefgh ", true), ("\u{0}", "", false),
])
func `digests of texts are the same but for spaces`(first: String, second: String, isSame: Bool) {
  #expect((TextDigest(first) == TextDigest(second)) == isSame)
}

@Test func `a table gives back what was put in first`() {
  var table = DigestTable()
  for number in 0..<10_000 { table.insert(UInt64(number % 5_000) &* 0x9e37_79b9_7f4a_7c15, number) }
  #expect(table.count == 5_000)
  for number in 0..<5_000 { #expect(table[UInt64(number) &* 0x9e37_79b9_7f4a_7c15] == number) }
  #expect(table[17] == nil)
}

@Test func `texts by one template cost no more for being many, and their copies are still found`() throws {
  var generator = SeededGenerator(seed: 3)
  var index = try NearIndex(threshold: 0.8)
  let words = (0..<30).map { "word\($0)" }.joined(separator: " ")
  var found = 0
  for _ in 0..<2_000 {
    let own = (0..<20).map { _ in String(generator.next() % 100_000) }.joined(separator: " ")
    let signature = signature(words + " " + own)
    var keys: [UInt32] = []
    index.addKeys(of: signature, to: &keys)
    // Half of the shingles are everybody's, which is far from a likeness of 0.8.
    #expect(index.match(signature, keys: keys[...]) == nil)
    index.add(signature, keys: keys[...])
    if index.match(signature, keys: keys[...])?.likeness == 1 { found += 1 }
  }
  #expect(found == 2_000)
}
