using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using AttentionKernels.Tests.Oracle;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>A mask and modifier of the library beside their definition, in contiguous attention and over pages, decode, prefill and cascade.</summary>
internal static class VariantCase
{
    /// <summary>Heads of every problem, and those of keys and values.</summary>
    public const int Heads = 4;
    private const int KeyValueHeads = 2;

    // More keys than queries, as many, and fewer, so that rows are fully masked; over the ends of tiles of 64 and 128.
    private static readonly AttentionCase[] _contiguous =
        [new(2, Heads, KeyValueHeads, 70, 190, 24, MaskKind.Full, MemoryLayout.Dense), new(1, Heads, KeyValueHeads, 41, 30, 16, MaskKind.Full, MemoryLayout.Padded)];

    private static readonly AttentionCase[] _tiny = [new(2, Heads, KeyValueHeads, 5, 40, 8, MaskKind.Full, MemoryLayout.Dense)];

    // Executed on the processor, an instruction of a thread at a time.
    private static readonly AttentionCase[] _emulated = [new(1, Heads, KeyValueHeads, 37, 150, 16, MaskKind.Full, MemoryLayout.Dense)];

    /// <summary>The most sequences, queries and keys of a problem: what a table of a variant has to have.</summary>
    public const int Sequences = 3;
    public const int MostQueries = 70;
    public const int MostKeys = 300;

    /// <summary>In every kernel of the backend, contiguous.</summary>
    public static void AgreesContiguous<TMask, TModifier>(
        AttentionDevice device, Backend backend, TMask mask, TModifier modifier, MaskBy hostMask, ScoreBy hostModifier, Func<int, float>? sink = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        // Tiny on the managed CPU, where work groups are not run: a thread for each of theirs takes long.
        AttentionCase[] cases = backend switch { Backend.Cpu => _tiny, Backend.OpenCl => _contiguous, _ => _emulated };
        foreach (AttentionCase attention in cases)
        {
            foreach (AttentionOptions options in Options(backend))
                Agrees(device, attention, mask, modifier, hostMask, hostModifier, options, StoredType.Float32, sink);
        }
    }

    /// <summary>By tensor cores, fp16, contiguous.</summary>
    public static void AgreesByTensorCores<TMask, TModifier>(
        AttentionDevice device, TMask mask, TModifier modifier, MaskBy hostMask, ScoreBy hostModifier, Func<int, float>? sink = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var options = new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled, Schedule = KernelSchedule.TensorCore };
        AttentionCase attention = _contiguous[0] with { HeadDimension = 72 };
        Agrees(device, attention, mask, modifier, hostMask, hostModifier, options, StoredType.Float16, sink);
    }

    /// <summary>Over pages: decode and prefill in one batch, and cascade.</summary>
    public static void AgreesPaged<TMask, TModifier>(
        AttentionDevice device, TMask mask, TModifier modifier, MaskBy hostMask, ScoreBy hostModifier, Func<int, float>? sink = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        using var runner = new PagedRunner(device, 3, [1, 3, MostQueries], [MostKeys, 9, 130], Heads, KeyValueHeads, 16, 16);
        var options = new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv };
        if (device.Description.Kind == DeviceKind.Cuda)
            options = options with { Schedule = KernelSchedule.Simt };
        Verify(runner, runner.Run(mask, modifier, options));
        using var shared = new PagedRunner(device, 5, [1, 1, 2], [170, 150, 200], Heads, KeyValueHeads, 16, 16, prefixes: [(0, 0), (0, 8), (0, 8)]);
        Verify(shared, shared.Run(mask, modifier, options, levels: 2));

        void Verify(PagedRunner run, (float[][] Output, float[][] LogSumExp) results) =>
            VerifyPaged(run, results, hostMask, hostModifier, StoredType.Float32, KernelSchedule.Simt, sink);
    }

    /// <summary>Results over pages are those of the definition.</summary>
    public static void VerifyPaged<T>(
        PagedRunner runner, (float[][] Output, float[][] LogSumExp) results, MaskBy hostMask, ScoreBy hostModifier, StoredType<T> stored,
        KernelSchedule schedule, Func<int, float>? sink)
        where T : unmanaged
    {
        for (int sequence = 0; sequence < results.Output.Length; sequence++)
        {
            AttentionInputs inputs = PagedVerification.Inputs(runner, sequence);
            var result = new AttentionResult(results.Output[sequence], results.LogSumExp[sequence], schedule);
            Verify(inputs with { Query = stored.Round(inputs.Query) }, result, hostMask, hostModifier, stored, sink);
        }
    }

    // Each kernel is compiled for each variant, so each runs where it is made for, and the naive one, which is plain C#, on the managed CPU.
    private static IEnumerable<AttentionOptions> Options(Backend backend) => Schedules.Of(backend)
        .Where(options => backend == Backend.Cpu ? options.Schedule != KernelSchedule.Simt : options.Algorithm != AttentionAlgorithm.Naive);

    /// <summary>In one kernel.</summary>
    public static void Agrees<T, TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, TMask mask, TModifier modifier, MaskBy hostMask, ScoreBy hostModifier,
        AttentionOptions options, StoredType<T> stored, Func<int, float>? sink = null)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        inputs = inputs with { Query = stored.Round(inputs.Query), Key = stored.Round(inputs.Key), Value = stored.Round(inputs.Value) };
        AttentionResult result = AttentionRunner.Run(device, attention, inputs, mask, modifier, options, stored);
        Verify(inputs, result, hostMask, hostModifier, stored, sink);
    }

    /// <summary>A result is that of the definition: within the error rule, or, where inputs are small integers made for it, exactly.</summary>
    public static void Verify<T>(
        AttentionInputs inputs, AttentionResult result, MaskBy hostMask, ScoreBy hostModifier, StoredType<T> stored, Func<int, float>? sink = null,
        bool isExact = false)
        where T : unmanaged
    {
        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, hostMask, hostModifier);
        float[] sequential = AttentionOracle.Sequential(inputs, hostMask, hostModifier, stored.RoundingOf(result.Schedule));
        if (sink is not null)
            AddSinks(inputs, output, sequential, logSumExp, sink);
        if (isExact)
            ErrorRule.VerifyExact(result.Output, output);
        else
            ErrorRule.Verify(result.Output, output, stored.Round(sequential), inputs.Value);
        ErrorRule.VerifyLogSumExp(result.LogSumExp, logSumExp);
    }

    // A sink takes its share of a softmax that is known without it.
    private static void AddSinks(AttentionInputs inputs, double[] output, float[] sequential, double[] logSumExp, Func<int, float> sink)
    {
        for (int state = 0; state < logSumExp.Length; state++)
        {
            (int batch, int rest) = Math.DivRem(state, inputs.Heads * inputs.Queries);
            (int head, int query) = Math.DivRem(rest, inputs.Queries);
            double largest = Math.Max(logSumExp[state], sink(head));
            double all = double.IsNegativeInfinity(largest)
                ? largest
                : largest + Math.Log(Math.Exp(logSumExp[state] - largest) + Math.Exp(sink(head) - largest));
            double share = double.IsNegativeInfinity(all) ? 0 : Math.Exp(logSumExp[state] - all);
            int row = inputs.QueryRow(batch, head, query);
            for (int element = row; element < row + inputs.HeadDimension; element++)
                (output[element], sequential[element]) = (output[element] * share, (float)(sequential[element] * share));
            logSumExp[state] = all;
        }
    }
}
