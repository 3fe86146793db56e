using System.Diagnostics;

namespace AttentionKernels.Peers;

/// <summary>Times of the library and of a peer, taken in turn, so that both meet the same weather on the machine.</summary>
internal sealed class Pairs
{
    /// <summary>A median of fewer says little.</summary>
    private const int FewestPairs = 3;

    private readonly List<double> _ours = [], _peers = [], _speedups = [];

    /// <summary>Measures.</summary>
    /// <param name="ours">The library, warm.</param>
    /// <param name="peer">The peer, warm.</param>
    /// <param name="scale">What the peer's time is multiplied by.</param>
    /// <param name="repetitions">How many pairs there are.</param>
    /// <param name="patience">The time after which a few pairs are enough.</param>
    public Pairs(Sampler ours, Sampler peer, double scale, int repetitions, TimeSpan patience)
    {
        long begin = Stopwatch.GetTimestamp();
        while (_ours.Count < repetitions && (_ours.Count < FewestPairs || Stopwatch.GetElapsedTime(begin) < patience))
        {
            _ours.Add(ours.Sample());
            _peers.Add(scale * peer.Sample());
            _speedups.Add(_peers[^1] / _ours[^1]);
        }
    }

    /// <summary>The library's median.</summary>
    public double OursMilliseconds => Quantile(_ours, 0.5);

    /// <summary>The peer's median.</summary>
    public double PeerMilliseconds => Quantile(_peers, 0.5);

    /// <summary>A quantile of the ratios of the peer's time to the library's.</summary>
    public double Speedup(double quantile) => Quantile(_speedups, quantile);

    private static double Quantile(List<double> values, double quantile)
    {
        double[] sorted = [.. values.Order()];
        double position = quantile * (sorted.Length - 1);
        int below = (int)position, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
