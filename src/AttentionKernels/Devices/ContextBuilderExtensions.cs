using AttentionKernels.Devices;
using AttentionKernels.Intrinsics;
using ILGPU;
using ILGPU.IR;

namespace AttentionKernels;

/// <summary>Prepares an ILGPU context that an application makes itself.</summary>
public static class ContextBuilderExtensions
{
    private const string PreparedProperty = "AttentionKernels";

    /// <summary>
    /// Registers the instructions that ILGPU lacks, so that accelerators of the context can be attached with
    /// <see cref="AttentionDevice.Attach"/>. Call it once while the context is built, before any accelerator exists.
    /// </summary>
    /// <param name="builder">The builder of the context.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static Context.Builder AttentionKernels(this Context.Builder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        NativeLibraries.Resolve();
        if (builder.GetExtensionProperty(PreparedProperty, 0) == 0)
        {
            builder.EnableAlgorithms().Optimize(OptimizationLevel.O2).Inlining(InliningMode.Aggressive);
            IntrinsicRegistry.Register(builder.GetIntrinsicManager());
            builder.SetExtensionProperty(PreparedProperty, 1);
        }

        return builder;
    }

    /// <summary>Whether <see cref="AttentionKernels"/> was called while <paramref name="context"/> was built.</summary>
    internal static bool IsPrepared(this Context context) => context.Properties.GetExtensionProperty(PreparedProperty, 0) != 0;
}
