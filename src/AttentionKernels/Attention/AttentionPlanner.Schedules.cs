using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;

namespace AttentionKernels.Attention;

internal sealed partial class AttentionPlanner
{
    private KernelSchedule NaiveSchedule()
    {
        // The naive kernel is one scalar body, a work item a row, on every device: a work group has nothing to share.
        if (options.Schedule is KernelSchedule.Simt or KernelSchedule.TensorCore)
        {
            throw new NotSupportedException(
                $"The naive algorithm has no {options.Schedule} schedule; it is one work item a row on every device.");
        }

        _reasons.Add("schedule Vector: taken, the naive kernel is one work item a row on every device");
        return KernelSchedule.Vector;
    }

    private KernelSchedule ChooseSchedule(AttentionAlgorithm algorithm, int splitQueries, bool ofCascade = false)
    {
        string? ofMany = TensorCoreTiles.Refusal(device, problem, options.Scale);
        bool mayDecode = algorithm == AttentionAlgorithm.SplitKv && !ofCascade;
        string? refusal = ofMany is not null && mayDecode ? TensorCoreTiles.RefusalToDecode(device, problem) : ofMany;
        bool isMixed = mayDecode && splitQueries < problem.MaximumQueries;

        // Asked for, it takes all sequences or none.
        if (options.Schedule == KernelSchedule.TensorCore && isMixed)
            refusal = ofMany;
        if (refusal is null && (options.Schedule is null or KernelSchedule.TensorCore))
            return TensorCoreSchedule(mayDecode ? splitQueries : 0, isMixed ? ofMany : null);
        if (options.Schedule == KernelSchedule.TensorCore)
            throw new NotSupportedException($"The TensorCore schedule cannot compute this: {refusal}.");
        _reasons.Add($"schedule TensorCore: not taken, {refusal ?? "the options ask for another"}");
        (int group, int shared) = algorithm == AttentionAlgorithm.Tiled
            ? (TileSizes.SimtThreads, TileSizes.SimtSharedMemory)
            : (TileSizes.SimtDecodeKeys, TileSizes.SimtDecodeSharedMemory);
        KernelSchedule schedule = ScheduleChoice.Resolve(device, options.Schedule, group, shared);
        string why = options.Schedule is not null ? "the options ask for it" : $"the device is {device.Description.Kind}";
        KernelSchedule other = schedule == KernelSchedule.Simt ? KernelSchedule.Vector : KernelSchedule.Simt;
        _reasons.Add($"schedule {schedule}: taken, {why}");
        _reasons.Add(other == KernelSchedule.Simt
            ? $"schedule Simt: not taken, it is for GPUs with groups of {group} threads and {shared:N0} bytes of shared memory"
            : "schedule Vector: not taken, it is for processors");
        return schedule;
    }

    // Of many rows tiles for few would read keys and values again and again.
    private bool DecodesByTensorCores(KernelSchedule schedule, int splitQueries) =>
        schedule == KernelSchedule.TensorCore && TensorCoreTiles.RefusalToDecode(device, problem) is null &&
        (TensorCoreTiles.Refusal(device, problem, options.Scale) is not null ||
         (Group <= TileSizes.TensorCoreDecodeRows && (long)Group * splitQueries <= MostDecodedTiles * TileSizes.TensorCoreDecodeRows));

    private KernelSchedule TensorCoreSchedule(int splitQueries, string? refusalOfMany)
    {
        string why = options.Schedule is null ? "the device multiplies tiles of 16-bit numbers" : "the options ask for it";
        _reasons.Add($"schedule TensorCore: taken, {why}");
        _reasons.Add(refusalOfMany is null
            ? "schedule Simt: not taken, it multiplies without tensor cores"
            : $"schedule Simt: taken of sequences with more than {splitQueries} queries, since of TensorCore {refusalOfMany}");
        _reasons.Add("schedule Vector: not taken, it is for processors");
        if (splitQueries > 0)
        {
            _reasons.Add(DecodesByTensorCores(KernelSchedule.TensorCore, splitQueries)
                ? $"up to {splitQueries} queries: taken by tiles of {TileSizes.TensorCoreDecodeRows} rows"
                : $"up to {splitQueries} queries: taken by the tiles of many rows, since {WhyNotFewRows(splitQueries)}");
        }

        return KernelSchedule.TensorCore;
    }

    private string WhyNotFewRows(int splitQueries) => TensorCoreTiles.RefusalToDecode(device, problem) is { } refusal
        ? $"of those of few {refusal}"
        : $"{(long)Group * splitQueries} rows share a kv head, of {Group} query heads; those of few are for up to " +
          $"{MostDecodedTiles * TileSizes.TensorCoreDecodeRows}, and {TileSizes.TensorCoreDecodeRows} heads";
}
