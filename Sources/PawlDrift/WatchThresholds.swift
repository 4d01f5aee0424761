import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How far each measure goes when texts that are alike are split, and how far all of them together may go.
///
/// A split's readings are put on one scale by their means and spreads over all splits; what a split reaches is its largest. So
/// many splits reach the bound that a further sample would with the chance that was asked for, over all measures together,
/// however they hang together (the maximum's permutation distribution: Westfall and Young 1993).
struct WatchThresholds: Sendable {
  private let measures: [WatchMeasure]
  private let texts: Int
  /// Scores, by measure.
  private var means: [Double]
  private var spreads: [Double]
  private(set) var limits: [Double]
  /// Each split's, of every set of splits.
  private var scores: [[[Double]]]

  /// `splits` holds each split's values, less those beside them, in the measures' order; `share` is the chance of a false alarm.
  init(_ measures: [WatchMeasure], splits: [[Double]], share: Double, texts: Int) {
    self.measures = measures
    self.texts = texts
    scores = [splits.map { split in measures.indices.map { measures[$0].score(split[$0], texts: texts) } }]
    let means = measures.indices.map { place in
      splits.reduce(0) { $0 + measures[place].score($1[place], texts: texts) } / Double(splits.count)
    }
    let spreads = zip(measures, Self.spreads(splits, measures, texts: texts)).map { measure, spread in
      max(measure.leastSpread(texts: texts), spread)
    }
    let largest = splits.map { split in
      // A measure that a split could not bear has no mean, and is none.
      measures.indices.reduce(-Double.infinity) { largest, place in
        let far = (measures[place].score(split[place], texts: texts) - means[place]) / spreads[place]
        return far > largest ? far : largest
      }
    }.sorted(by: >)
    let place = Self.rank(share, splits: splits.count) - 1
    let bound = place >= 0 && place < largest.count ? largest[place] : .infinity
    self.means = means
    self.spreads = spreads
    limits = zip(means, spreads).map { $0 + bound * $1 }
  }

  /// Takes the higher limit of either, measure by measure; what is expected stays.
  func orHigher(_ other: WatchThresholds) -> WatchThresholds {
    var both = self
    both.limits = zip(limits, other.limits).map { $1 > $0 ? $1 : $0 }
    both.scores += other.scores
    both.spreads = zip(spreads, other.spreads).map { $1 > $0 ? $1 : $0 }
    return both
  }

  /// Which of the splits' largest readings, from the top and from 1, is exceeded with at most that chance; 0 for none.
  static func rank(_ share: Double, splits: Int) -> Int {
    let rank = share * Double(splits + 1)
    return rank.isFinite ? Int(max(0, min(Double(splits), rank + 1e-9))) : 0
  }

  /// Returns how likely one measure alone reaches the score where nothing differs: the split itself is counted among the splits.
  func chance(of score: Double, _ place: Int) -> Double {
    scores.map { splits in
      Double(1 + splits.count { $0[place] >= score }) / Double(1 + splits.count)
    }.max() ?? 1
  }

  /// Returns the standard deviation of each measure's scores.
  static func spreads(_ samples: [[Double]], _ measures: [WatchMeasure], texts: Int) -> [Double] {
    measures.indices.map { place in
      let scores = samples.map { measures[place].score($0[place], texts: texts) }
      let mean = scores.reduce(0, +) / Double(scores.count)
      let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(max(1, scores.count - 1))).squareRoot()
    }
  }

  /// Returns a reading of each measure that there is.
  ///
  /// `spreads` are the readings' own, from half samples; a reading of `released` was looked at by a person and let pass: what
  /// comes close to it is no alarm.
  func readings(
    _ values: [Double], beside: [Double], against: Watch.Against, spreads own: [Double], released: [Watch.Reading],
    quantile: Double
  ) -> [Watch.Reading] {
    measures.indices.compactMap { place in
      let measure = measures[place]
      let (value, base) = (values[place], beside[place])
      guard value.isFinite, base.isFinite, limits[place].isFinite else { return nil }
      let score = measure.score(value - base, texts: texts)
      var limit = limits[place]
      let past = released.first { $0.measure == measure && $0.against == against }
      if let past {
        // Both readings waver.
        let spread = max(spreads[place], own[place].isFinite ? own[place] : 0) * 2.0.squareRoot()
        limit = max(limit, measure.score(past.value - past.beside, texts: texts) + quantile * spread)
      }
      return Watch.Reading(
        measure: measure, against: against, value: value, beside: base,
        expected: base + measure.value(ofScore: means[place]), threshold: base + measure.value(ofScore: limit),
        alarmsBelow: measure.isLow, chance: chance(of: score, place), alarm: score > limit, released: past?.value)
    }
  }
}
