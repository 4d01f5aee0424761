import Testing

@testable import PawlLab

@Suite struct TrainingTests {
  /// A tiny model on a text that repeats: returns the loss of each step.
  private func train(seed: UInt64, steps: Int, muon: Bool) -> [Float] {
    let text = Array("the quick brown fox jumps over the lazy dog; ".utf8)
    let parameters = Parameters(seed: seed)
    let table = parameters.embedding("table", rows: 256, columns: 16, deviation: 0.1)
    let gain = parameters.vector("gain", columns: 16, value: 1)
    let maps = (0..<4).map { parameters.matrix("map\($0)", inputs: 16, outputs: 16, deviation: 0.1) }
    let tables = AdamW(parameters.all.filter { !muon || $0.kind != .matrix })
    let matrices = Muon(parameters.all.filter { muon && $0.kind == .matrix })
    var generator = Generator(seed: seed)
    let tape = Tape()
    return (0..<steps).map { _ in
      let start = generator.below(text.count - 17)
      let x = tape.embedding(table, Bytes(Array(text[start..<start + 16]))).rmsNorm(gain)
      let q = x.linear(maps[0]).rotary(heads: 2, length: 16)
      let k = x.linear(maps[1]).rotary(heads: 2, length: 16)
      let y = x + causalAttention(q, k, x.linear(maps[2]), heads: 2, length: 16).linear(maps[3])
      let loss = y.linear(table, transposed: true).crossEntropy(Bytes(Array(text[start + 1...start + 16])))
      let value = loss.item
      tape.backward(loss)
      parameters.clipGradients(to: 1)
      tables.update(rate: 0.01)
      matrices.update(rate: 0.02)
      tape.reset()
      return value
    }
  }

  @Test(arguments: [false, true]) func `the loss falls`(muon: Bool) {
    let losses = train(seed: 1, steps: 60, muon: muon)
    let late = losses.suffix(5).reduce(0, +) / 5
    #expect(losses[0] > 5)
    #expect(late < 2.5)
  }

  @Test func `a seed gives the same run again, another seed another one`() {
    let first = train(seed: 4, steps: 8, muon: true)
    #expect(first == train(seed: 4, steps: 8, muon: true))
    #expect(first != train(seed: 5, steps: 8, muon: true))
  }

  @Test(arguments: [(limit: Float(10), factor: Float(1)), (0, 1), (1, 0.2)])
  func `clipping scales long gradients to the limit and leaves short ones`(limit: Float, factor: Float) throws {
    let parameters = Parameters(seed: 0)
    let weight = try #require(parameters.vector("weight", columns: 2, value: 0).weight)
    let muon = Muon(parameters.all, momentum: 0, weightDecay: 0)
    weight.gradients[0].update(from: [3, 4], count: 2)
    #expect(parameters.clipGradients(to: limit) == 5)
    #expect(abs(weight.gradientScale - factor) < 1e-6)
    muon.update(rate: 1)
    #expect(weight.gradientScale == 1 && weight.gradients[0][1] == 0)
  }

  @Test func `the generator repeats itself for a seed and is spread evenly`() {
    var (first, second) = (Generator(seed: 9), Generator(seed: 9))
    let draws = (0..<1000).map { _ in first.unit() }
    #expect(draws == (0..<1000).map { _ in second.unit() })
    #expect(draws.allSatisfy { (0..<1).contains($0) })
    #expect(abs(draws.reduce(0, +) / 1000 - 0.5) < 0.05)
    let normals = (0..<1000).map { _ in Double(first.normal()) }
    #expect(abs(normals.reduce(0, +) / 1000) < 0.15)
    #expect(abs(normals.reduce(0) { $0 + $1 * $1 } / 1000 - 1) < 0.2)
    #expect(first.below(0) == 0)
  }
}
