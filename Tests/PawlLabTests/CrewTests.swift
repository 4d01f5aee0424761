import Testing

@testable import PawlLab

@Suite struct CrewTests {
  @Test(arguments: [1, 2, 5]) func `every thread does its part, again and again`(_ count: Int) {
    let crew = Crew(count)
    let sums = UnsafeMutableBufferPointer<Int>.allocate(capacity: 256)
    defer { sums.deallocate() }
    sums.initialize(repeating: 0)
    for _ in 0..<200 { crew.run { sums[$0] += 1 } }
    #expect(sums[..<count].allSatisfy { $0 == 200 } && sums[count...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [0, 1, 100, 4095, 4096, 10_001]) func `shares cover everything once`(_ total: Int) {
    let crew = Crew(3)
    let shares = (0..<3).map { crew.share(of: total, $0) }
    #expect(shares.map(\.count).reduce(0, +) == total)
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
  }

  /// Three steps of a small model; the weights after them.
  private func train(threads: Int) -> [Float] {
    let crew = Crew(threads)
    let kernels = Kernels.best
    let parameters = Parameters(seed: 1, crew: crew, kernels: kernels)
    let table = parameters.embedding("table", rows: 256, columns: 32, deviation: 0.1)
    let map = parameters.matrix("map", inputs: 32, outputs: 32, deviation: 0.1)
    let adamW = AdamW(parameters.all.filter { $0.kind != .matrix }, crew: crew, kernels: kernels)
    let muon = Muon(parameters.all.filter { $0.kind == .matrix }, crew: crew, kernels: kernels)
    let text = (0..<2000).map { UInt8(truncatingIfNeeded: $0 * $0) }
    return text.withUnsafeBufferPointer { text in
      let workers = (0..<threads).map { TrainingWorker(text: text, thread: $0) }
      for step in 0..<3 {
        for worker in workers { worker.clear() }
        for index in 0..<6 { workers[index / (6 / threads)].starts.append(100 * step + 16 * index) }
        parameters.refreshPacks(kernels)
        crew.run {
          workers[$0].run(length: 16, of: 6, kernels) { tape, batch in
            tape.embedding(table, batch.inputs).linear(map).linear(table, transposed: true).crossEntropy(batch.targets)
          }
        }
        parameters.gatherGradients()
        parameters.clipGradients(to: 0.5)
        adamW.update(rate: 0.01)
        muon.update(rate: 0.02)
      }
      return parameters.all.flatMap { $0.tensor.copy() }
    }
  }

  @Test func `a thread count gives the same weights every time, and another one the same but for rounding`() {
    let (one, two) = (train(threads: 1), train(threads: 2))
    #expect(one == train(threads: 1))
    #expect(two == train(threads: 2))
    #expect(train(threads: 3) == train(threads: 3))
    let distance = zip(one, two).map { abs($0 - $1) }.max() ?? 1
    #expect(distance < 5e-3)
  }
}
