namespace AttentionKernels.Timing;

/// <summary>Whether the times of runs, one behind the other, have come to rest: the medians of the last windows agree.</summary>
/// <remarks>
/// A window is a stretch of time and not a number of runs: .NET compiles what runs often anew a tenth of a second after it has, in the
/// background, and a program of short runs would have many of them before.
/// </remarks>
/// <param name="windowMilliseconds">How long the runs of a window take together, at least.</param>
internal sealed class SteadyState(double windowMilliseconds)
{
    /// <summary>How many windows in a row have to agree.</summary>
    public const int Windows = 3;

    /// <summary>By how much the largest of their medians may be above the least.</summary>
    public const double Tolerance = 0.05;

    private readonly List<double> _window = [];
    private readonly List<double> _medians = [];
    private double _elapsed;

    /// <summary>Whether the last windows agree.</summary>
    public bool IsReached => _medians.Count >= Windows
        && _medians.TakeLast(Windows).Max() <= (1 + Tolerance) * _medians.TakeLast(Windows).Min();

    /// <summary>Takes the time of the next run.</summary>
    public void Add(double milliseconds)
    {
        _window.Add(milliseconds);
        _elapsed += milliseconds;
        if (_elapsed < windowMilliseconds)
            return;
        _medians.Add(TimeSamples.Quantile(_window, 0.5));
        _window.Clear();
        _elapsed = 0;
    }
}
