import PawlCore

/// Numbers with their noise, in the digits that mean something.
enum Figures {
  /// Returns a signed effect with its deviation, as in `+0.0021 ± 0.0009`.
  static func effect(_ effect: Double, deviation: Double?) -> String {
    guard effect.isFinite else { return "unknown" }
    guard let deviation, deviation > 0, deviation.isFinite, (1e-9...1e9).contains(deviation), effect.magnitude < 1e12
    else {
      return (effect > 0 ? "+" : "") + effect.formatted(digits: 3)
    }
    let decimals = decimals(for: deviation)
    return "\(effect > 0 ? "+" : "")\(effect.fixed(decimals: decimals)) ± \(deviation.fixed(decimals: decimals))"
  }

  /// Returns a mean, with the digits that its noise leaves.
  static func mean(_ mean: Double, noise: Double?) -> String {
    guard let noise, noise > 0, (1e-9...1e9).contains(noise), mean.magnitude < 1e12 else {
      return mean.formatted(digits: 6)
    }
    return mean.fixed(decimals: decimals(for: noise))
  }

  /// Decimals that show two digits of `noise`.
  private static func decimals(for noise: Double) -> Int {
    var (decimals, size) = (0, noise)
    while size < 10, decimals < 12 { (decimals, size) = (decimals + 1, size * 10) }
    return decimals
  }
}
