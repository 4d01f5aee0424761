import PawlCore
import PawlSearch
import Testing

@Suite struct StrategyTests {
  /// The head's true height at the end, over seeds.
  static func mean(
    _ landscape: Landscape, _ strategies: [SearchStrategy], trials: Int, workers: Int, seeds: Range<UInt64> = 0..<10
  ) -> Double {
    let heights = seeds.map { seed in
      landscape.run(SearchRule(strategies: strategies), trials: trials, workers: workers, seed: seed).heights.last ?? 0
    }
    return heights.reduce(0, +) / Double(heights.count)
  }

  @Test(arguments: [0, 0.5], [1, 8])
  func `tree and islands cross a valley where the line stays on its hill`(noise: Double, workers: Int) {
    let landscape = Landscape.deceptive(noise: noise)
    let line = Self.mean(landscape, [.line], trials: 400, workers: workers)
    #expect(line < 3)
    #expect(Self.mean(landscape, [.tree], trials: 400, workers: workers) > 8)
    #expect(Self.mean(landscape, [.islands], trials: 400, workers: workers) > 4)
    #expect(Self.mean(landscape, [.line, .tree, .islands], trials: 400, workers: workers) > line + 1.5)
  }

  @Test(arguments: [1, 8])
  func `the line is the fastest up a smooth hill, and beside the others it loses little`(workers: Int) {
    let landscape = Landscape.smooth()
    let start = -26.0
    let line = Self.mean(landscape, [.line], trials: 150, workers: workers)
    #expect(line >= Self.mean(landscape, [.tree], trials: 150, workers: workers))
    #expect(line >= Self.mean(landscape, [.islands], trials: 150, workers: workers))
    let all = Self.mean(landscape, [.line, .tree, .islands], trials: 150, workers: workers)
    // Nine tenths of the way that the line makes.
    #expect(all - start > 0.9 * (line - start))
  }
}
