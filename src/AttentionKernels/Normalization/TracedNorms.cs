using AttentionKernels.Devices;
using AttentionKernels.Normalization.Kernels;

namespace AttentionKernels.Normalization;

/// <summary>Calls of norms, for who traces shapes, by the benchmarks' words.</summary>
internal static class TracedNorms
{
    /// <summary>Counts rows that are normalised each for itself.</summary>
    public static void Trace(this in NormCall call, NormKind kind, NormRows rows)
    {
        if (call.Device.Trace is { } trace && rows.Count > 0)
        {
            string operation = kind switch
            {
                NormKind.Softmax => "Softmax",
                NormKind.Rms or NormKind.RmsFromOne => "RMSNorm",
                _ => "LayerNorm",
            };
            trace.Add(new TracedShape(operation, rows.Count, rows.Hidden, call.Format.Word)
            {
                IsMeasured = kind != NormKind.Softmax && call.Format == NumberFormat.Float32,
                Remark = (call.Addend, call.Scales) switch
                {
                    (null, null) => "",
                    (null, _) => "results are of 8 bits",
                    (_, null) => "a residual is added",
                    _ => "a residual is added, results are of 8 bits",
                },
            });
        }
    }

    /// <summary>Counts channels that are normalised over all samples, or groups of them. Samples of one value a channel are rows.</summary>
    public static void Trace(this in NormCall call, string operation, NormChannels channels, bool isMeasured = true)
    {
        if (call.Device.Trace is { } trace && call.Input.Length > 0)
        {
            trace.Add(new TracedShape(operation, channels.Batch, channels.Channels * channels.Spatial, call.Format.Word)
            {
                IsMeasured = isMeasured && channels.Spatial == 1 && call.Format == NumberFormat.Float32,
                Remark = channels.Spatial == 1 ? "" : "channels have planes",
            });
        }
    }
}
