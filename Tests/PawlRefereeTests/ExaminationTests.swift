import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Bits that never change, so that what a test draws can be looked at.
struct FixedBits: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct ExaminationTests {
  private let text = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }

  private func examination(_ windows: Int, seed: UInt64 = 1, context: Int = 16) throws -> Examination {
    var generator = FixedBits(state: seed)
    return try Examination(text: text, context: context, windows: windows, generator: &generator)
  }

  @Test func `every window is asked once, a tenth twice with another end, a few twice as they are`() throws {
    let examination = try examination(500)
    let natural = examination.items.filter { $0.role == .natural }.map(\.window)
    #expect(natural.sorted() == Array(0..<500) && natural != natural.sorted())
    #expect(examination.cuts.count == 50 && examination.repeats.count == 5)
    #expect(examination.items.count == 555)
    // What is asked besides costs at most a ninth more.
    #expect(Double(examination.items.count) <= 1.112 * 500)
  }

  @Test func `the members of a pair lie far apart, and either may come first`() throws {
    var splicedFirst = 0
    for seed in 0..<20 {
      let examination = try examination(200, seed: UInt64(seed))
      for window in examination.cuts.keys {
        let places = examination.items.indices.filter { examination.items[$0].window == window }
        try #require(places.count == 2)
        #expect(places[1] - places[0] > examination.items.count / 8)
        if examination.items[places[0]].role != .natural { splicedFirst += 1 }
      }
    }
    // Seven of eight times the spliced one, which tells who looks ahead.
    #expect((320...380).contains(splicedFirst))
  }

  @Test func `the first question is small, and no two hold much of the windows`() throws {
    for (windows, context) in [(20, 16), (500, 16), (500, 300), (1, 16)] {
      let examination = try examination(windows, context: context)
      #expect(examination.items(of: 0).count == examination.opening && examination.opening <= 4)
      let questions = (0..<examination.questions).map { examination.items(of: $0) }
      #expect(questions.flatMap { Array($0) } == Array(examination.items.indices))
      #expect(questions.allSatisfy { !$0.isEmpty && $0.count <= max(1, examination.items.count / 32) })
    }
    let examination = try examination(500)
    let opening = examination.items(of: 0).map { examination.items[$0].window }
    #expect(opening.count { examination.repeats.contains($0) } == 3)
  }

  @Test func `a spliced window goes on as another one does, otherwise than its own`() throws {
    let examination = try examination(300)
    var index = 0
    for question in 0..<examination.questions {
      let payload = examination.payload(of: question)
      #expect(payload.count == examination.items(of: question).count * 16)
      for (place, item) in examination.items[examination.items(of: question)].enumerated() {
        let window = Array(payload[place * 16..<(place + 1) * 16])
        let own = Array(text[examination.starts[item.window]..<examination.starts[item.window] + 16])
        if case .spliced(let cut, let donor) = item.role {
          #expect(window[..<cut] == own[..<cut] && window[cut] != own[cut])
          #expect(window[cut...] == text[examination.starts[donor] + cut..<examination.starts[donor] + 16])
        } else {
          #expect(window == own)
        }
        index += 1
      }
    }
    #expect(index == examination.items.count)
  }

  @Test func `windows are the same for everyone and stay inside the text, order and probes are not`() throws {
    let (one, other) = (try examination(100, seed: 1), try examination(100, seed: 2))
    #expect(one.starts == other.starts && one.items != other.items && one.cuts != other.cuts)
    #expect(one.starts.first == 0 && one.starts.last == (20_000 / 17 - 1) * 17)
    #expect(try examination(1_000_000).windows == 20_000 / 17)
    #expect(try examination(1).questions >= 2)
  }

  @Test func `texts and windows that make no sense are refused`() throws {
    #expect(throws: LabError.self) { try examination(10, context: 1) }
    #expect(throws: LabError.self) { try examination(10, context: 20_000) }
    var generator = FixedBits(state: 1)
    let error = #expect(throws: LabError.self) {
      try Examination(text: [1, 2, 3], context: 16, windows: 1, generator: &generator)
    }
    #expect(error?.message.contains("`3` bytes") == true)
    // One repeated byte: no probe can differ, and none is wrong.
    let dull = try Examination(
      text: [UInt8](repeating: 65, count: 5000), context: 16, windows: 100, generator: &generator)
    #expect(dull.windows == 100)
  }

  // MARK: the arithmetic

  @Test func `the vector exponential is the exponential`() {
    for base in stride(from: -90, through: 5, by: 0.37) {
      let lanes = Distribution.Lanes((0..<8).map { Float(base) + Float($0) * 0.021 })
      let values = Distribution.exponential(lanes)
      for lane in 0..<8 {
        let expected = lanes[lane] < -87.3 ? 0 : expf(lanes[lane])
        #expect(abs(values[lane] - expected) <= 4e-7 * expected, "exp(\(lanes[lane]))")
      }
    }
  }

  private func sum(_ values: [Float]) throws -> Float {
    // At an odd place, as in a message.
    var bytes: [UInt8] = [0]
    values.withUnsafeBytes { bytes += $0 }
    return try bytes.withUnsafeBytes { Distribution(row: try #require($0.baseAddress) + 1).sum() }
  }

  @Test func `sums are right, and what is not finite shows`() throws {
    #expect(abs(try sum([Float](repeating: -logf(256), count: 256)) - 1) < 1e-5)
    #expect(abs(try sum([0] + [Float](repeating: -200, count: 255)) - 1) < 1e-6)
    #expect(abs(try sum([Float](repeating: -5, count: 256)) - 256 * expf(-5)) < 1e-4)
    for bad in [Float.nan, .infinity, -.infinity] {
      for place in [0, 100, 255] {
        var values = [Float](repeating: -logf(256), count: 256)
        values[place] = bad
        #expect(try sum(values).isNaN)
      }
    }
  }

  @Test func `rounding is tolerated, another opinion is not`() throws {
    func excess(_ one: Float, _ other: Float) throws -> Float {
      let rest = { (share: Float) in [share] + [Float](repeating: (1 - share) / 255, count: 255) }
      return try rest(one).withUnsafeBufferPointer { one in
        try rest(other).withUnsafeBufferPointer { other in
          Distribution.excess(try #require(one.baseAddress), try #require(other.baseAddress))
        }
      }
    }
    // A unit in the last place of a bf16 logit between 8 and 16.
    for share in [Float(0.01), 0.1, 0.3, 0.5, 0.9] {
      #expect(try excess(share, share + 0.0625 * share * (1 - share)) <= 0)
    }
    for (one, other) in [(Float(0.5), Float(0.55)), (0.01, 0.02), (0.9, 0.8)] { #expect(try excess(one, other) > 0) }
  }
}

/// Examiners, marked by a model that is computed here.
@Suite struct ExaminerTests {
  /// Marks a whole examination; `noise` moves every logit by so much at most, anew at each asking.
  private func mark(_ seed: UInt64, noise: Float) throws -> Double {
    let text = (0..<20_000).map { UInt8(truncatingIfNeeded: ($0 &* $0 >> 4) % 23 + 97) }
    var generator = FixedBits(state: seed)
    let examination = try Examination(text: text, context: 16, windows: 150, generator: &generator)
    var examiner = Examiner(examination)
    var table = [[Float]](repeating: [], count: 256)
    for byte in 0..<256 {
      var bits = FixedBits(state: UInt64(byte))
      table[byte] = (0..<256).map { _ in Float(Int64(bitPattern: bits.next()) >> 40) / Float(1 << 22) }
      for letter in 97..<120 { table[byte][letter] += 6 }
    }
    for question in 0..<examination.questions {
      var answer: [Float] = []
      for byte in examination.payload(of: question) {
        // One number for all 256 of a row would move nothing, so odd and even ones go apart.
        let shift = Float(Int64(bitPattern: generator.next()) >> 32) / Float(1 << 31) * noise
        let row = table[Int(byte)].enumerated().map { $0.offset % 2 == 0 ? $0.element + shift : $0.element - shift }
        let total = logf(row.reduce(0) { $0 + expf($1) })
        answer += row.map { $0 - total }
      }
      try answer.withUnsafeBytes { try examiner.mark($0) }
    }
    return try examiner.conclude()
  }

  @Test func `an honest model passes, however order and probes are drawn, and with the rounding of bf16`() throws {
    let exact = try mark(0, noise: 0)
    for seed in 1..<5 { #expect(try mark(UInt64(seed), noise: 0) == exact) }
    for seed in 5..<10 { #expect(abs(try mark(UInt64(seed), noise: 0.015) - exact) < 0.01) }
  }

  @Test func `one that answers as it likes does not`() throws {
    #expect(throws: LabError.self) { try mark(1, noise: 1) }
  }
}
