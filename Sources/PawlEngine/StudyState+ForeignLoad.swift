import PawlCore

/// What is known of attempts that shared the machine: which are made again, and what the others saw.
public struct Disturbances: Sendable, Codable, Hashable {
  /// An attempt to be made again.
  struct Repetition: Sendable, Codable, Hashable {
    let request: AttemptRequest
    /// How often it was made before.
    let times: Int
  }

  /// Foreign load above the median, as a share of all cores, from which an attempt counts as disturbed.
  static let tolerance = 0.25
  /// One measurement is made again so often at most.
  static let mostTimes = 2
  /// At most one in so many attempts is made again, so that a restless machine does not use up the study.
  static let leastBetween = 5
  /// Foreign loads that the median is taken over: few enough to follow a machine that has become busy for good.
  private static let window = 31

  /// Of the newest attempts that counted, oldest first.
  private var loads: [Double] = []
  private(set) var waiting: [Repetition] = []
  /// How often attempts in flight were made before.
  private var times: [AttemptID: Int] = [:]
  /// Attempts that were made again.
  public private(set) var repeated = 0

  /// Whether so much foreign load is out of the ordinary: a machine that is always busy disturbs nothing.
  func isUnusual(_ load: Double) -> Bool {
    guard !loads.isEmpty else { return false }
    let sorted = loads.sorted()
    let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    return load > median + Self.tolerance
  }

  /// Whether an attempt may be made again, the `finished`th of the study to end.
  func mayRepeat(_ attempt: AttemptID, finished: Int) -> Bool {
    times[attempt, default: 0] < Self.mostTimes && repeated * Self.leastBetween < finished
  }

  mutating func ask(_ request: AttemptRequest) {
    guard let place = waiting.firstIndex(where: { $0.request.isSameMeasurement(as: request) }) else { return }
    times[request.id] = waiting.remove(at: place).times
  }

  mutating func accept(_ result: AttemptResult) {
    times[result.id] = nil
    guard let load = result.usage.foreignLoad else { return }
    loads.append(load)
    if loads.count > Self.window { loads.removeFirst() }
  }

  mutating func repeatLater(_ request: AttemptRequest, where isWanted: (AttemptRequest) -> Bool) {
    repeated += 1
    waiting.removeAll { !isWanted($0.request) }
    waiting.append(Repetition(request: request, times: (times.removeValue(forKey: request.id) ?? 0) + 1))
  }
}

extension StudyState {
  /// Decides on a result that was just observed; nil where nothing disturbed the attempt, or nobody waits for it any more.
  ///
  /// Only the machine's load decides, never the value: a metric that likes a busy machine gains nothing by it. An attempt that
  /// ran out of time counts too, since that may be the load's doing.
  func disturbance(of result: AttemptResult) -> Disturbance? {
    guard configuration?.foreignLoad == .repeats, let request = inFlight[result.id], isWanted(request),
      result.measurement != nil || result.outcome == .timedOut,
      let load = result.usage.foreignLoad, disturbances.isUnusual(load)
    else { return nil }
    return disturbances.mayRepeat(result.id, finished: finishedAttempts + 1) ? .repeated : .counted
  }

  /// Takes an attempt back as if it had not been asked for, and remembers to make it again.
  mutating func setAside(_ request: AttemptRequest) {
    switch request.purpose {
    case .calibration: calibrationRequested -= 1
    case .search: open[request.trial]?.attempts -= 1
    case .certification(let number, let pair, let candidate):
      withTest(number) { $0.requested.remove(.init(pair: pair, candidate: candidate)) }
    }
    let state = self
    disturbances.repeatLater(request) { state.isWanted($0) }
  }

  /// Whether a result of that request would still count.
  func isWanted(_ request: AttemptRequest) -> Bool {
    switch request.purpose {
    case .calibration: !isCalibrated
    case .search:
      open[request.trial].map { $0.commit == request.commit }
        ?? (request.trial == head?.trial && request.commit == head?.commit)
    case .certification(let number, _, _): isRunning(test: number)
    }
  }

  /// The same measurement once more: all but the attempt's own number.
  func repetition(of request: AttemptRequest) -> AttemptRequest {
    AttemptRequest(
      id: AttemptID(rawValue: lastAttempt + 1), trial: request.trial, commit: request.commit, seed: request.seed,
      purpose: request.purpose, rung: request.rung,
      keepsModel: keepsModel(of: request.trial, request.purpose), baselineAnswers: request.baselineAnswers)
  }
}

extension AttemptRequest {
  fileprivate func isSameMeasurement(as other: AttemptRequest) -> Bool {
    trial == other.trial && commit == other.commit && seed == other.seed && purpose == other.purpose
  }
}
