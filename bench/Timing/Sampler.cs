using System.Diagnostics;

namespace AttentionKernels.Timing;

/// <summary>Takes the time of a run, each time on the next copy of its operands.</summary>
/// <param name="run">Runs once on a copy, which it is given the index of, and waits for the result.</param>
/// <param name="copies">How many copies of the operands there are: one for a warm cache, as many as exceed it for a cold one.</param>
internal sealed class Sampler(Action<int> run, int copies = 1)
{
    /// <summary>A shorter sample would measure the clock and the waking of threads.</summary>
    private const double ShortestSampleMilliseconds = 2;

    /// <summary>What a run takes at least: a clock may say of a single one that it took no time, which no number of runs fills.</summary>
    private const double ShortestRunMilliseconds = 1e-4;

    private const int LeastWarmUps = 2;

    /// <summary>The windows whose medians have to agree share this part of the least warm-up.</summary>
    private const int WindowsOfLeast = SteadyState.Windows + 1;

    /// <summary>Threads of OpenMP and of ONNX Runtime spin for some milliseconds after a run, and slow others down meanwhile.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(15);

    /// <summary>
    /// A processor that has slept through the pause takes a millisecond or two to take up work again, on virtual machines above all. Whose
    /// threads they are makes no difference, but a short run would be over before.
    /// </summary>
    private static readonly TimeSpan _waking = TimeSpan.FromMilliseconds(4);

    private int _copy;
    private int _runs = 1;

    /// <summary>
    /// Runs until what is compiled while it runs is compiled and its times have come to rest (<see cref="SteadyState"/>), and determines
    /// how many runs make a sample.
    /// </summary>
    /// <param name="least">For how long, also where it is steady before.</param>
    /// <param name="most">The time after which it has to do as it is; none where it is not above <paramref name="least"/>.</param>
    /// <returns>Whether the times have come to rest.</returns>
    public bool WarmUp(TimeSpan least, TimeSpan most)
    {
        var steady = new SteadyState(least.TotalMilliseconds / WindowsOfLeast);
        long begin = Stopwatch.GetTimestamp();
        int count = 0;
        bool GoesOn(TimeSpan elapsed) =>
            count < Math.Max(LeastWarmUps, copies) || elapsed < least || (elapsed < most && !steady.IsReached);
        for (; GoesOn(Stopwatch.GetElapsedTime(begin)); count++)
            steady.Add(Time(1));
        _runs = copies;
        _runs = Math.Max(1, (int)Math.Ceiling(ShortestSampleMilliseconds / Math.Max(Sample(), ShortestRunMilliseconds)));
        return steady.IsReached;
    }

    /// <summary>Takes a sample.</summary>
    /// <returns>The milliseconds of a run.</returns>
    public double Sample()
    {
        Thread.Sleep(_pause);
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin) < _waking)
            RunNext();
        return Time(_runs);
    }

    /// <summary>The milliseconds of the very next run, with nothing before it: for runs that take too long for a sample.</summary>
    public double Once() => Time(1);

    private double Time(int runs)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int count = 0; count < runs; count++)
            RunNext();
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds / runs;
    }

    private void RunNext()
    {
        run(_copy);
        _copy = (_copy + 1) % copies;
    }
}
