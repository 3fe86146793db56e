using System.Diagnostics;

namespace AttentionKernels.Timing;

/// <summary>Times of several ways to compute the same, taken in turn, so that what else the machine does slows all of them alike.</summary>
internal sealed class Turns
{
    /// <summary>A median of fewer says little, and quartiles nothing.</summary>
    public const int FewestTurns = 5;

    private readonly List<double>[] _times;

    /// <summary>Measures.</summary>
    /// <param name="ways">The ways, warm; the others are compared with the first.</param>
    /// <param name="repetitions">How many samples each has.</param>
    /// <param name="patience">The time after which a few are enough.</param>
    /// <param name="onFailure">
    /// Hears of a way whose run throws; such a way takes no more turns, and the others go on. Without it, exceptions pass.
    /// </param>
    /// <param name="cancellation">Asks to stop behind the turn that is being taken; one is taken in any case.</param>
    public Turns(
        IReadOnlyList<Sampler> ways, int repetitions, TimeSpan patience, Action<int, Exception>? onFailure = null,
        CancellationToken cancellation = default)
    {
        bool[] failed = new bool[ways.Count];
        _times = [.. ways.Select(_ => new List<double>(repetitions))];
        long begin = Stopwatch.GetTimestamp();
        for (int turn = 0; turn < repetitions && (turn < FewestTurns || Stopwatch.GetElapsedTime(begin) < patience); turn++)
        {
            if (turn > 0 && cancellation.IsCancellationRequested)
                break;
            for (int way = 0; way < ways.Count; way++)
            {
                try
                {
                    if (!failed[way])
                        _times[way].Add(ways[way].Sample());
                }
                catch (Exception exception) when (onFailure is not null)
                {
                    failed[way] = true;
                    onFailure(way, exception);
                }
            }
        }
    }

    /// <summary>What a way's times are.</summary>
    public TimeSamples this[int way] => new(_times[way]);

    /// <summary>
    /// A quantile of the ratios of the first way's time to another one's, both of the same turn: how many times as fast the other one is.
    /// </summary>
    public double Speedup(int way, double quantile) =>
        TimeSamples.Quantile(_times[0].Zip(_times[way], (first, other) => first / other), quantile);
}
