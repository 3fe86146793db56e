using AttentionKernels.Launching;
using AttentionKernels.Normalization.Kernels;

namespace AttentionKernels.Normalization;

/// <summary>Which norm a plan is for, and how large its tensors may be.</summary>
/// <param name="Count">The most rows, or samples, of a run.</param>
/// <param name="Features">Elements of a row, or channels.</param>
/// <param name="Groups">Groups of channels; 0 where the norm is of rows.</param>
/// <param name="IsRms">Whether it is RMS norm.</param>
internal readonly record struct NormSize(long Count, int Features, int Groups = 0, bool IsRms = false)
{
    /// <summary>Whether it is group norm.</summary>
    public bool IsByGroup => Groups > 0;

    // So many that rows of sums of them can be counted in 32 bits.
    private const int MostFeatures = 1 << 28;

    /// <summary>The size of rows.</summary>
    public static NormSize OfRows(long rows, int hidden, bool isRms)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, int.MaxValue);
        CheckFeatures(hidden, nameof(hidden));
        return new NormSize(rows, hidden, IsRms: isRms);
    }

    /// <summary>The size of samples with groups of channels.</summary>
    public static NormSize OfGroups(int batch, int channels, int groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        CheckFeatures(channels, nameof(channels));
        NormChecks.Groups(groups, channels);
        return new NormSize(batch, channels, groups);
    }

    /// <summary>The norm, with weights and biases or without.</summary>
    public NormKind Kind(bool hasWeight, bool hasBias, NormOptions options) => (IsByGroup, IsRms) switch
    {
        (true, _) => hasBias ? NormKind.GroupAffine : hasWeight ? NormKind.GroupWeighted : NormKind.Group,
        (_, true) => options.WeightsFromOne ? NormKind.RmsFromOne : NormKind.Rms,
        _ => hasBias ? NormKind.LayerAffine : hasWeight ? NormKind.LayerWeighted : NormKind.Layer,
    };

    /// <summary>Checks the device and the options of a plan, and chooses its schedule.</summary>
    public KernelSchedule Schedule(AttentionDevice device, NumberFormat format, NormOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(format);
        device.ThrowIfDisposed();
        NormChecks.Epsilon(options.Epsilon, nameof(options));
        if (!IsRms)
            NormChecks.NotFromOne(options);
        return ScheduleChoice.Resolve(device, options.Schedule, GroupSum.Threads, GroupSum.SharedMemory);
    }

    /// <summary>Checks that an input is no larger than planned.</summary>
    public void Check(TensorShape input)
    {
        if (IsByGroup && (input.Rank < 2 || input[1] != Features || input[0] > Count))
        {
            throw new ArgumentException(
                $"The shape of 'input' is {input}; the plan was made for [batch, {Features}, …], with a batch of at most {Count}.",
                nameof(input));
        }

        if (!IsByGroup && (input.Rank == 0 || input[^1] != Features || input.ElementCount / Features > Count))
        {
            throw new ArgumentException(
                $"The shape of 'input' is {input}; the plan was made for […, {Features}], with at most {Count} rows.", nameof(input));
        }
    }

    private static void CheckFeatures(int features, string name)
    {
        if (features is < 1 or > MostFeatures)
            throw new ArgumentOutOfRangeException(name, features, $"There must be from 1 to {MostFeatures} of them.");
    }
}
