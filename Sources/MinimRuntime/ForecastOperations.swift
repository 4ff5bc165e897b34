// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_3
  /// What is taken away from a channel's rows before a forecast and given back after it: the variants of
  /// `OperationCode.series`.
  public enum SeriesLevel: UInt8, CaseIterable, Sendable {
    /// Nothing.
    case none = 0
    /// The mean of all rows.
    case mean = 1
    /// The last row.
    case last = 2
    /// The mean, and the population deviation: √(variance + 1e-5).
    case deviation = 3
    /// The same with the variance of n - 1.
    case sampleDeviation = 4
    /// The mean of each phase of the period.
    case phases = 5
  }

  extension OperationCode {
    /// Whether it is one of those that forecasts are made of.
    @inline(__always)
    var isOfForecast: Bool {
      self == .series || self == .map || self == .affine || self == .forecast
    }
  }

  extension Model {
    /// Whether the result is a forecast: as many rows of all channels as it has.
    public var isForecaster: Bool {
      outputValue > 0 && operation(outputValue &- 1).code == .forecast
    }

    /// The rows that are forecast; 0 of a model that is no forecaster.
    public var horizon: Int { isForecaster ? outputCount / channelCount : 0 }

    /// The numbers that an operation of a forecast works in.
    func forecastWork(_ operation: Operation) -> Int {
      switch operation.code {
      case .series:
        operation.tensor(0) == ModelFormat.noTensor
          ? 0 : valueLength(operation.input) / channelCount
      case .map: mapWork(operation, lanes: mapLanes(operation))
      default: 0
      }
    }

    /// The rows of a tile of a map: 1 for fewer than eight rows, as channels are few on small devices.
    func mapLanes(_ operation: Operation) -> Int {
      let rows = rowCount(operation)
      return rows < 8 ? 1 : lanes(rows)
    }

    /// The multiply-adds of a checked operation of a forecast: of the smoothing of a series, of the products of a map, of
    /// each number of an affine one.
    func forecastMultiplyAdds(_ operation: Operation) -> Int64 {
      let numbers = Int64(valueLength(operation.input))
      switch operation.code {
      case .series:
        return operation.tensor(0) == ModelFormat.noTensor
          ? 0 : numbers &* Int64(tensor(operation.tensor(0)).rows)
      case .map: return numbers &* Int64(tensor(operation.tensor(0)).rows)
      case .affine: return numbers
      default: return 0
      }
    }
  }

  extension Session {
    /// The rows of each channel apart, in phases of a period: row c w + p has x̃(p), x̃(p + w) and so on of channel c.
    ///
    /// x̃ = (x - level) / deviation; with a kernel k (tensor 0) x̃(t) + Σ k_s x̃(t + s - taps / 2), zeros around.
    func series(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let channels = model.channelCount, period = operation.parameter
      let steps = model.valueLength(operation.input) / channels, length = steps / period
      let smooths = operation.tensor(0) != ModelFormat.noTensor
      var channel = 0, moments = ChannelMoments(x, steps: steps, channels: channels)
      while channel < channels {
        let rows = y + channel &* steps
        var phase = 0, taken = level(operation, of: channel, phase: 0, &moments)
        while phase < period {
          if phase > 0, operation.variant == SeriesLevel.phases.rawValue {
            taken = level(operation, of: channel, phase: phase, &moments)
          }
          var index = 0
          while index < length {
            let step = index &* period &+ phase
            let number = (x[step &* channels &+ channel] - taken.level) / taken.deviation
            if smooths { work[step] = number } else { rows[phase &* length &+ index] = number }
            index &+= 1
          }
          phase &+= 1
        }
        if smooths {
          smooth(model.tensor(operation.tensor(0)), steps: steps, period: period, into: rows)
        }
        channel &+= 1
      }
    }

    /// The numbers of a channel in the room to work in, smoothed, as the rows of its phases; eight at a time where all taps have
    /// numbers, whose sums are of the same order.
    private func smooth(
      _ kernel: Matrix, steps: Int, period: Int, into rows: UnsafeMutablePointer<Float>
    ) {
      let length = steps / period, half = kernel.rows / 2
      var step = 0, phase = 0, index = 0
      func put(_ number: Float) {
        rows[phase &* length &+ index] = number
        step &+= 1
        phase &+= 1
        if phase == period { (phase, index) = (0, index &+ 1) }
      }
      while step < steps {
        if step >= half, step &+ kernel.rows &+ 7 <= steps &+ half {
          let first = UnsafeRawPointer(work + (step &- half))
          var sums = SIMD8<Float>(repeating: 0), tap = 0
          while tap < kernel.rows {
            let numbers = first.loadUnaligned(fromByteOffset: 4 &* tap, as: SIMD8<Float>.self)
            sums = sums + kernel.element(tap) * numbers
            tap &+= 1
          }
          sums = first.loadUnaligned(fromByteOffset: 4 &* half, as: SIMD8<Float>.self) + sums
          var lane = 0
          while lane < 8 {
            put(sums[lane])
            lane &+= 1
          }
          continue
        }
        var sum: Float = 0, tap = step < half ? half &- step : 0
        while tap < kernel.rows, step &+ tap < steps &+ half {
          sum = sum + kernel.element(tap) * work[step &+ tap &- half]
          tap &+= 1
        }
        put(work[step] + sum)
      }
    }

    /// Level and deviation of a channel, as a series takes them away.
    private func level(
      _ series: Operation, of channel: Int, phase: Int, _ moments: inout ChannelMoments
    ) -> (level: Float, deviation: Float) {
      switch SeriesLevel(rawValue: series.variant) {
      case .mean: return (moments.of(channel, measures: false).mean, 1)
      case .last: return (moments.last(of: channel), 1)
      case .deviation, .sampleDeviation:
        let (mean, squares) = moments.of(channel, measures: true)
        let steps = moments.steps
        let lost = series.variant == SeriesLevel.sampleDeviation.rawValue && steps > 1 ? 1 : 0
        return (mean, squareRootOf(squares / Float(steps &- lost) + 1e-5))
      case .phases: return (moments.mean(of: channel, phase: phase, period: series.parameter), 1)
      default: return (0, 1)
      }
    }

    /// The deviation √(variance + 0.04) of a channel over the look-back of the last forecast, in original units.
    ///
    /// By it the half-widths of intervals are multiplied. The variance is that of the population, in scaled units.
    ///
    /// 0 of a model that is no forecaster; the channel must be one of the model's.
    public func deviation(ofChannel channel: Int) -> Float {
      guard model.isForecaster else { return 0 }
      let forecast = model.operation(model.outputValue &- 1)
      let window = model.operation(forecast.parameter &- 1).input
      let channels = model.channelCount, steps = model.valueLength(window) / channels
      var moments = ChannelMoments(
        UnsafePointer(value(window)), steps: steps, channels: channels)
      let squares = moments.of(channel, measures: true).squares
      let deviation = squareRootOf(squares / Float(steps) + 0.04)
      return model.scaler.isEmpty ? deviation : deviation * model.scaler[2 &* channel &+ 1]
    }

    /// y_r = b + W x_r of all rows, or max(y_r, 0).
    func map(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      mapRows(
        operation, matrix(operation.tensor(0)), rows: model.rowCount(operation),
        lanes: model.mapLanes(operation), x, relu: operation.variant == 1, into: y)
    }

    /// y = scale x + shift of each group of numbers of each row, or max(y, 0).
    func affine(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let scales = model.tensor(operation.tensor(0)), shifts = model.tensor(operation.tensor(1))
      let rows = scales.rows, groups = scales.columns
      let part = model.valueLength(operation.input) / (rows &* groups)
      var place = 0, row = 0
      while row < rows {
        var group = 0
        while group < groups {
          let scale = scales.element(group &* rows &+ row)
          let shift = shifts.element(group &* rows &+ row), end = place &+ part
          while place < end {
            let number = scale * x[place] + shift
            y[place] = operation.variant == 1 ? (number > 0 ? number : 0) : number
            place &+= 1
          }
          group &+= 1
        }
        row &+= 1
      }
    }

    /// The first rows to come of all channels, from the phases of each, with the level and deviation of the series of value
    /// `parameter` and then the scaler's again.
    func forecast(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let series = model.operation(operation.parameter &- 1), period = series.parameter
      let channels = model.channelCount, scaler = model.scaler
      let window = UnsafePointer(value(series.input))
      let steps = model.valueLength(series.input) / channels
      let length = model.valueLength(operation.input) / (channels &* period)
      let horizon = model.valueLength(operation.output) / channels
      var channel = 0, moments = ChannelMoments(window, steps: steps, channels: channels)
      while channel < channels {
        let mean: Float = scaler.isEmpty ? 0 : scaler[2 &* channel]
        let deviation: Float = scaler.isEmpty ? 1 : scaler[2 &* channel &+ 1]
        var phase = 0, taken = level(series, of: channel, phase: 0, &moments)
        while phase < period {
          if phase > 0, series.variant == SeriesLevel.phases.rawValue {
            taken = level(series, of: channel, phase: phase, &moments)
          }
          let row = x + (channel &* period &+ phase) &* length
          var index = 0, step = phase
          while step < horizon {
            let number = row[index] * taken.deviation + taken.level
            y[step &* channels &+ channel] = number * deviation + mean
            index &+= 1
            step &+= period
          }
          phase &+= 1
        }
        channel &+= 1
      }
    }
  }
#endif
