using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Drivers;
using ILGPU;
using ILGPU.IR;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels;

/// <summary>Prepares an ILGPU context that an application makes itself.</summary>
public static class ContextBuilderExtensions
{
    private const string PreparedProperty = "AttentionKernels";

    private static readonly PropertyInfo _genericAddressSpace =
        typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace))
        ?? throw new NotSupportedException(
            "This version of ILGPU has no CLCapabilityContext.GenericAddressSpace; AttentionKernels needs ILGPU 1.5.3.");

    /// <summary>
    /// Registers the instructions that ILGPU lacks, so that accelerators of the context can be attached with
    /// <see cref="AttentionDevice.Attach"/>. Call it while the context is built, before devices are added: it also lets ILGPU find drivers
    /// by the names that plain driver packages install.
    /// </summary>
    /// <param name="builder">The builder of the context.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="DynamicCodeRequiredException">The program runs without dynamic code.</exception>
    /// <example>
    /// <code>
    /// using ILGPU;
    /// using ILGPU.Runtime.CPU;
    ///
    /// using var context = Context.Create(builder => builder.AttentionKernels().DefaultCPU());
    /// using var accelerator = context.CreateCPUAccelerator(0);
    /// using var device = AttentionDevice.Attach(accelerator);
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static Context.Builder AttentionKernels(this Context.Builder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!RuntimeFeature.IsDynamicCodeSupported)
            throw new DynamicCodeRequiredException();
        NativeLibraries.Resolve();
        if (builder.GetExtensionProperty(PreparedProperty, 0) == 0)
        {
            builder.EnableAlgorithms().Optimize(OptimizationLevel.O2).Inlining(InliningMode.Aggressive);
            IntrinsicRegistry.Register(builder.GetIntrinsicManager());
            builder.SetExtensionProperty(PreparedProperty, 1);
        }

        return builder;
    }

    /// <summary>
    /// Adds every OpenCL device, also those without OpenCL's generic address space, which <c>OpenCL()</c> and <c>Default()</c> leave out:
    /// PoCL 3.1 of Debian 12 among them. Prepares the context as <see cref="AttentionKernels"/> does.
    /// </summary>
    /// <param name="builder">The builder of the context.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="DynamicCodeRequiredException">The program runs without dynamic code.</exception>
    /// <example>
    /// <code>
    /// using ILGPU;
    /// using ILGPU.Runtime;
    /// using ILGPU.Runtime.CPU;
    ///
    /// using var context = Context.Create(builder => builder.AttentionKernelsOpenCl().DefaultCPU());
    /// using var accelerator = context.GetPreferredDevice(preferCPU: false).CreateAccelerator(context);
    /// using var device = AttentionDevice.Attach(accelerator);
    /// </code>
    /// </example>
    [RequiresDynamicCode(DynamicCodeRequiredException.Remedy)]
    public static Context.Builder AttentionKernelsOpenCl(this Context.Builder builder) => builder.AttentionKernels().OpenCL(device =>
    {
        // ILGPU refuses such devices when an accelerator is made. Its kernels do not need what they lack: the optimiser infers every
        // address space, and the OpenCL C it writes names them. The capability has no public setter.
        _genericAddressSpace.SetValue(device.Capabilities, true);
        return true;
    });

    /// <summary>Whether <see cref="AttentionKernels"/> was called while <paramref name="context"/> was built.</summary>
    internal static bool IsPrepared(this Context context) => context.Properties.GetExtensionProperty(PreparedProperty, 0) != 0;
}
