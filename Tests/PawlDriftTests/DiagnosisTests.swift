import PawlCore
import Testing

@testable import PawlDrift

@Suite struct DiagnosisTests {
  /// Losses around a mean, as if measured.
  private func probes(_ texts: [String], loss: Double, book: String?, seed: UInt64) -> [ProbeText] {
    var generator = SeededGenerator(seed: seed)
    return texts.map { text in
      ProbeText(
        text: text, fields: book.map { ["book": $0] } ?? [:], loss: loss + 0.4 * (generator.unit() - 0.5), bytes: 100,
        confidence: 0.6, accuracy: book == "Job" ? 0.3 : 0.55)
    }
  }
  private var three: [ProbeText] {
    probes(Registers.verses(100, seed: 1), loss: 1, book: "Genesis", seed: 1)
      + probes(Registers.verses(30, seed: 2), loss: 1.5, book: "Job", seed: 2)
      + probes(Registers.verses(3, seed: 3), loss: 1.8, book: nil, seed: 3)
  }

  @Test func `blind spots are ranked by gap times mass, with an interval around the gap`() throws {
    let slicer = try TextSlicer(field: "book", texts: three, seed: 1)
    let diagnosis = try Diagnosis(three, slicer: slicer, seed: 1)
    #expect(diagnosis.by == "field `book`")
    #expect(diagnosis.slices.map(\.name) == ["Job", "(none)", "Genesis"])
    let job = try #require(diagnosis.slices.first)
    let gap = try #require(job.gap)
    #expect(gap.low < gap.value && gap.value < gap.high && gap.low > 0.3)
    #expect(abs(job.mass - 30.0 / 133) < 1e-12)
    #expect(abs(job.score - gap.value * job.mass) < 1e-12)
    #expect(abs(diagnosis.slices.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    #expect(job.weight > 0.8 && diagnosis.slices.last?.weight == 0)
  }

  @Test func `calibration is told slice by slice`() throws {
    let diagnosis = try Diagnosis(three, slicer: try TextSlicer(field: "book", texts: three, seed: 1), seed: 1)
    let job = try #require(diagnosis.slices.first?.calibration)
    #expect(abs(job.error - 0.3) < 1e-9 && abs(job.confidence - 0.6) < 1e-9 && abs(job.accuracy - 0.3) < 1e-9)
  }

  @Test func `the calibration error weighs the gaps of tenths of the confidence`() throws {
    // |0.95 - 0.5| * 1 and |0.2 - 0.3| * 3, the latter of two texts of one tenth, over 4.
    let error = CalibrationError.expected([
      (confidence: 0.95, accuracy: 0.5, weight: 1), (confidence: 0.2, accuracy: 0.4, weight: 1.5),
      (confidence: 0.2, accuracy: 0.2, weight: 1.5), (confidence: .nan, accuracy: 1, weight: 9),
    ])
    #expect(abs(try #require(error) - (0.45 + 0.3) / 4) < 1e-12)
    #expect(CalibrationError.expected([]) == nil)
  }

  @Test func `a field that no document has is refused`() {
    let error = #expect(throws: DriftError.self) { try TextSlicer(field: "author", texts: three, seed: 1) }
    #expect(error?.code == .badSetting)
  }

  @Test func `values beyond the most frequent are one slice`() throws {
    let texts = (0..<200).map {
      ProbeText(text: "t", fields: ["id": $0 < 100 ? "often \($0 % 10)" : "once \($0)"], loss: 1, bytes: 1)
    }
    let slicer = try TextSlicer(field: "id", texts: texts, seed: 1)
    #expect(slicer.slice(of: "", fields: ["id": "often 3"]) == "often 3")
    #expect(slicer.slice(of: "", fields: ["id": "never"]) == TextSlicer.rest)
    #expect(Set(texts.map { slicer.slice(of: $0.text, fields: $0.fields) }).count == TextSlicer.mostValues + 1)
  }

  @Test func `clusters part two registers and are called by their words`() throws {
    let texts = Registers.verses(60, seed: 1) + Registers.entries(40, seed: 2)
    let clusters = TextClusters(texts, count: 2, seed: 3)
    let found = texts.map { clusters.cluster(of: $0) }
    #expect(found.prefix(60).allSatisfy { $0 == 0 } && found.dropFirst(60).allSatisfy { $0 == 1 })
    #expect(clusters.names.first?.hasPrefix("cluster 1 ") == true)
    #expect(clusters.names.last?.contains("noun") == true)
    #expect(TextClusters(texts, count: 2, seed: 3).names == clusters.names)
  }

  @Test func `texts that are one text, or none, make one cluster, or none`() {
    #expect(TextClusters([String](repeating: "a b", count: 30), count: 4, seed: 1).names.count == 1)
    #expect(TextClusters(["", ""], seed: 1).cluster(of: "x") == 0)
    #expect(TextClusters([], seed: 1).cluster(of: "x") == nil)
  }

  @Test func `rare words that cost more show as a tail`() throws {
    let texts = (0..<100).map { place in
      let isRare = place % 10 == 0
      return ProbeText(
        text: isRare ? "unheard\(place) word\(place)" : "the common words",
        loss: isRare ? 2 : 1 + Double(place % 3) / 10,
        bytes: 20)
    }
    let diagnosis = try Diagnosis(texts, slicer: try TextSlicer(field: nil, texts: texts, seed: 1), seed: 1)
    let tail = try #require(diagnosis.tail)
    #expect(tail.low > 0.8 && tail.high < 1)
  }

  @Test func `losses that are no numbers leave nothing to diagnose`() throws {
    let texts = [ProbeText(text: "a", loss: .nan, bytes: 1), ProbeText(text: "a", loss: 1, bytes: 0)]
    let slicer = try TextSlicer(field: nil, texts: texts, seed: 1)
    #expect(throws: DriftError.self) { try Diagnosis(texts, slicer: slicer, seed: 1) }
  }

  @Test func `prompts are shared out by weight, whole ones`() throws {
    let diagnosis = try Diagnosis(three, slicer: try TextSlicer(field: "book", texts: three, seed: 1), seed: 1)
    let shares = PromptShares(diagnosis, prompts: 11, aim: 0.5)
    #expect(shares.aimed.values.reduce(0, +) == 6 && shares.aimless == 5)
    #expect((shares.aimed["Job"] ?? 0) >= 4 && shares.aimed["Genesis"] == nil)
    #expect(PromptShares(diagnosis, prompts: 11, aim: 0).aimed.isEmpty)
    #expect(PromptShares(diagnosis, prompts: 11, aim: .nan).aimless == 11)
  }
}
