import PawlCore
import PawlStatistics

/// One absurd run among those of the baseline would pass for the noise of all others, and nothing could be told from luck then.
extension HeadRatchet {
  /// Further from the median than this many times the furthest of the others is absurd; three normal values are in 1 of 50 cases.
  private static let absurdSpreads = 100.0
  /// And than this many times the median itself: a coarse metric, whose values are often equal, has no spread to go by.
  private static let absurdMedians = 2.0

  /// The measurement that stands alone among at least three of the baseline; nil where there is none, or another head.
  ///
  /// Asked during calibration, when the baseline's measurements are all that there is.
  public var absurdCalibration: Double? {
    absurdPlace.flatMap { place in calibration.map { oriented($0[place].value) } }
  }

  /// Forgets the measurement that stands alone, if one does, and returns it.
  public mutating func leaveOutAbsurdCalibration() -> Double? {
    guard let place = absurdPlace, let value = absurdCalibration else { return nil }
    removeCalibration(at: place)
    return value
  }

  private var absurdPlace: Int? {
    guard let values = calibration?.map(\.value), values.count >= 3 else { return nil }
    let median = values.sorted()[values.count / 2]
    let distances = values.map { abs($0 - median) }
    guard let most = distances.max(), let place = distances.firstIndex(of: most) else { return nil }
    var others = distances
    others.remove(at: place)
    let usual = max(Self.absurdSpreads * (others.max() ?? 0), Self.absurdMedians * abs(median))
    return usual > 0 && most > usual ? place : nil
  }
}
