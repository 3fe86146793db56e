using System.Diagnostics;
using AttentionKernels.Timing;

namespace AttentionKernels.Bench;

/// <summary>Measures what devices can do at most.</summary>
internal static class CeilingMeasurement
{
    private const int Launches = 200, Hidden = 64;

    private const double MillisecondsOfSamples = 250;

    private static readonly Lazy<(double Read, double Copy, double Fma, double? Tensor)> _processor = new(ProcessorCeilings.Measure);

    /// <summary>Measures a device, and describes it. One that fails has no ceilings but a note: its rows may run all the same.</summary>
    public static MeasuredDevice Measure(AttentionDevice device)
    {
        DeviceDescription description = device.Description;
        var unknown = new MeasuredDevice(
            description.Selector, description.Name, description.Driver, description.Memory, DeviceCeilings.Unknown);
        try
        {
            return unknown with { Ceilings = CeilingsOf(device) };
        }
        catch (Exception exception)
        {
            // Whatever a device or driver does, the other devices are worth measuring.
            return unknown with { Note = Harness.Describe(exception) };
        }
    }

    /// <summary>
    /// The best rate of many runs: what is above it is not to be had, and what is below it had something else beside it.
    /// </summary>
    /// <param name="amount">What a run does, in units of 10⁹.</param>
    /// <param name="run">Runs, and waits for the end.</param>
    public static double Best(double amount, Action run)
    {
        double least = double.PositiveInfinity;
        run();
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < MillisecondsOfSamples)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return amount / least;
    }

    // All devices that are the processor have its ceilings, whatever driver they have.
    private static DeviceCeilings CeilingsOf(AttentionDevice device)
    {
        (double read, double copy, double fma, double? tensor) =
            device.Description.Kind is DeviceKind.Cuda or DeviceKind.OpenClGpu ? GpuCeilings.Measure(device) : _processor.Value;
        (double launch, double roundTrip) = Launch(device);
        return new DeviceCeilings(read, copy, fma, launch, roundTrip) { TensorGigaflopsPerSecond = tensor };
    }

    private static (double Queued, double RoundTrip) Launch(AttentionDevice device)
    {
        using Tensor<float> row = device.Upload(new float[Hidden], [1, Hidden]);
        using Tensor<float> weight = device.Upload(new float[Hidden], [Hidden]);
        var queued = new Sampler(_ =>
        {
            for (int launch = 0; launch < Launches; launch++)
                device.RmsNorm(row, weight, row);
            device.Synchronize();
        });
        var single = new Sampler(_ =>
        {
            device.RmsNorm(row, weight, row);
            device.Synchronize();
        });
        foreach (Sampler sampler in (Sampler[])[queued, single])
            sampler.WarmUp(TimeSpan.FromMilliseconds(MillisecondsOfSamples), TimeSpan.FromMilliseconds(4 * MillisecondsOfSamples));
        var turns = new Turns([queued, single], repetitions: 9, TimeSpan.FromMilliseconds(MillisecondsOfSamples));
        return (turns[0].Median / Launches * 1e3, turns[1].Median * 1e3);
    }
}
