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

    private KernelSchedule ChooseSchedule(AttentionAlgorithm algorithm, bool ofCascade = false)
    {
        string? refusal = RefusalOfTensorCores(algorithm, ofCascade);
        if (refusal is null && (options.Schedule is null or KernelSchedule.TensorCore))
            return TensorCoreSchedule();
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

    private string? RefusalOfTensorCores(AttentionAlgorithm algorithm, bool ofCascade)
    {
        string? refusal = TensorCoreTiles.Refusal(device, problem, options.Scale);
        return refusal is not null && algorithm == AttentionAlgorithm.SplitKv && !ofCascade
            ? TensorCoreTiles.RefusalToDecode(device, problem)
            : refusal;
    }

    // Of many rows tiles for few would read keys and values again and again.
    private bool DecodesByTensorCores(KernelSchedule schedule, int splitQueries) =>
        schedule == KernelSchedule.TensorCore && TensorCoreTiles.RefusalToDecode(device, problem) is null &&
        (TensorCoreTiles.Refusal(device, problem, options.Scale) is not null ||
         (Group <= TileSizes.TensorCoreDecodeRows && (long)Group * splitQueries <= MostDecodedTiles * TileSizes.TensorCoreDecodeRows));

    private KernelSchedule TensorCoreSchedule()
    {
        string why = options.Schedule is null ? "the device multiplies tiles of 16-bit numbers" : "the options ask for it";
        _reasons.Add($"schedule TensorCore: taken, {why}");
        _reasons.Add("schedule Simt: not taken, it multiplies without tensor cores");
        _reasons.Add("schedule Vector: not taken, it is for processors");
        return KernelSchedule.TensorCore;
    }
}
