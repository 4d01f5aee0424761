import Foundation
import PawlCore
import Testing

@testable import PawlDrift

@Suite struct ShiftTests {
  private func hashed(_ texts: [String]) -> HashedTexts {
    let rows = texts.map { Array($0.utf8) }
    return HashedTexts(rows, words: rows.map { TextWords.hashes($0[...]) })
  }
  private func styled(_ texts: [String]) -> StyledTexts {
    let rows = texts.map { Array($0.utf8) }
    return StyledTexts(rows, words: rows.map { TextWords.hashes($0[...]) }, reference: rows.indices)
  }

  @Test func `the divergence of words matches SciPy's`() {
    // jensenshannon([2, 1, 1, 0], [1, 2, 0, 1], base=2) ** 2
    let divergence = hashed(["ant bee", "ant cow", "bee ant", "bee dog"]).divergence([0, 1], [2, 3])
    #expect(abs(divergence.words - 0.3112781244591328) < 1e-6)
  }

  @Test func `what has nothing in common diverges by one bit, what is the same by none`() {
    let texts = hashed(["abc abc", "xyz xyz", "abc abc"])
    #expect(abs(texts.divergence([0], [1]).words - 1) < 1e-6)
    #expect(texts.divergence([0], [2]).bytes == 0)
    #expect(hashed(["", "a"]).divergence([0], [1]).words.isNaN)
  }

  @Test func `the discrepancy is the mean of the kernel over pairs, each with another`() {
    let texts = styled(Registers.verses(9, seed: 1) + Registers.entries(4, seed: 2))
    let width = StyledTexts.width
    func kernel(_ left: Int, _ right: Int) -> Double {
      (0..<width).reduce(0.0) {
        $0 + Double(texts.points[left * width + $1]) * Double(texts.points[right * width + $1])
      } / Double(width)
    }
    func mean(_ left: [Int], _ right: [Int]) -> Double {
      let pairs = left.flatMap { first in right.filter { $0 != first }.map { kernel(first, $0) } }
      return pairs.reduce(0, +) / Double(pairs.count)
    }
    let (first, second) = (Array(0..<7), Array(7..<13))
    let expected = mean(first, first) + mean(second, second) - 2 * mean(first, second)
    #expect(abs(KernelMeans(texts).discrepancy(first, second) - expected) < 1e-3 * abs(expected))
    #expect(KernelMeans(texts).discrepancy([0], [1, 2]).isNaN)
  }

  @Test func `a classifier tells registers apart, and not two samples of one`() {
    let texts = styled(Registers.verses(120, seed: 3) + Registers.entries(60, seed: 4))
    let apart = ClassifierTest(texts, Array(0..<60), Array(120..<180))
    #expect(apart.accuracy > 0.95 && apart.separation > 1)
    let alike = ClassifierTest(texts, Array(0..<60), Array(60..<120))
    #expect(alike.accuracy < 0.7 && abs(alike.separation) < 0.8)
  }

  @Test func `the stability index is Jeffreys's divergence of parts with half a text in each`() {
    // Lengths 1...10, one a tenth, and twelve bins with the two beyond; the second sample is all in the first tenth.
    let shapes = (1...10).map { [Double($0)] + [Double](repeating: 0, count: TextShape.allCases.count - 1) }
    let bins = ShapeBins(shapes + [shapes[0]], reference: 0..<10)
    let index = bins.stability(Array(0..<10), Array(repeating: 10, count: 10))
    // By hand, in Python: sum((p - q) * log(p / q)) with p = 1.5/16 ten times and 0.5/16 twice, q = 10.5/16 and 0.5/16.
    #expect(abs(index[0] - 1.7125438712) < 1e-6)
    #expect(index[1] == 0)
  }

  @Test func `what other texts have not is surprising`() {
    let surprise = hashed(["abcabc", "abcabc", "xyzxyz", ""]).surprise()
    // Of the other texts' 8 runs each of abc, bca and cab 2, 1 and 1 times: (2.5, 1.5, 1.5) of 8 and 2,048 halves.
    let expected = (2 * log(2_056 / 2.5) + 2 * log(2_056 / 1.5)) / 4
    #expect(abs(surprise[0] - expected) < 1e-9 && surprise[0] == surprise[1])
    #expect(abs(surprise[2] - log(2_056 / 0.5)) < 1e-9 && surprise[3] == 0)
  }

  @Test func `shapes are shares of the text's bytes`() {
    let text = Array("Ab 1!".utf8)
    let shape = TextShape.measures(text[...], words: TextWords.hashes(text[...]), length: 5, surprise: 2)
    let expected = [5, 1.5, 1, 2.321928094887362, 0.4, 0.5, 0.2, 0.2, 0.2, 0, 2]
    #expect(zip(shape, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(TextShape.measures([], words: [], length: 0, surprise: 0).allSatisfy { $0 == 0 })
  }
}
