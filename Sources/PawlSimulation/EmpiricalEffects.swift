extension EffectDistribution {
  /// Returns the distribution of measured differences, and their mean size, which is its unit.
  ///
  /// Nil where there is none, where all are zero, or where one is not finite. The differences contain the noise of their own
  /// measurements: the effects come out somewhat too large where that is not small.
  public static func empirical(of differences: [Double]) -> (effects: EffectDistribution, typical: Double)? {
    // Each is divided before the sum: the largest there are would overflow together.
    let typical = differences.reduce(0) { $0 + $1.magnitude / Double(differences.count) }
    guard typical.isFinite, typical >= 1e-150 else { return nil }
    return (.empirical(differences.map { $0 / typical }), typical)
  }
}
