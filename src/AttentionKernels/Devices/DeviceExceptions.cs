namespace AttentionKernels;

/// <summary>A device that was asked for is absent, or present and unusable. The message says what was looked for and what there
/// is.</summary>
public sealed class DeviceUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, and what is there.</param>
    /// <param name="innerException">The driver's own error, if there was one.</param>
    public DeviceUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// An ILGPU context was made without <see cref="ContextBuilderExtensions.AttentionKernels"/>, so its accelerators lack the
/// instructions that the kernels need.
/// </summary>
public sealed class UnpreparedContextException : Exception
{
    /// <summary>Creates the exception.</summary>
    public UnpreparedContextException()
        : base("The accelerator's context was not prepared for AttentionKernels. Prepare it when it is made: " +
            "Context.Create(builder => builder.AttentionKernels().Default()).")
    {
    }
}

/// <summary>
/// A kernel cannot be compiled for a device, most often because a mask, modifier or kernel of one's own uses what kernels cannot:
/// exceptions, allocations, references, <see cref="bool"/> fields. Nothing was launched, and the device stays usable.
/// </summary>
public sealed class KernelCompilationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which kernel, for which device, and why.</param>
    /// <param name="innerException">The compiler's own error.</param>
    public KernelCompilationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// A driver has failed to queue or to complete a launch or a copy: the device was lost, a kernel of one's own has gone out of bounds, or
/// resources have run out. What was queued may be undone; where the driver goes on working, so does the device.
/// </summary>
public sealed class DeviceFailedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What has failed, and the driver's code.</param>
    /// <param name="innerException">The driver's own error, if there was one.</param>
    public DeviceFailedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// Kernels are compiled at run time, and this program runs without dynamic code: it was published with Native AOT, or its project sets
/// <c>PublishAot</c>, as file-based apps do, and it was started with <c>dotnet run</c>. The message says what to set.
/// </summary>
public sealed class DynamicCodeRequiredException : Exception
{
    /// <summary>What to set, for the compiler's warnings and for the message.</summary>
    internal const string Remedy =
        "Kernels are compiled at run time: set <PublishAot>false</PublishAot> in the project, or '#:property PublishAot=false' in a file-based app.";

    /// <summary>Creates the exception.</summary>
    public DynamicCodeRequiredException()
        : base($"AttentionKernels needs dynamic code, which this program is built without. {Remedy}")
    {
    }
}

/// <summary>
/// The program was trimmed without the roots that this package sets, and with it parts of ILGPU that are found by name when kernels are
/// compiled. The message says what to set.
/// </summary>
public sealed class TrimmedAssemblyException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="innerException">What ILGPU did not find.</param>
    public TrimmedAssemblyException(Exception? innerException = null)
        : base("Parts of ILGPU or of the runtime were trimmed away that kernels are compiled with. The package AttentionKernels roots their " +
            "assemblies; with a project reference, import buildTransitive/AttentionKernels.targets, or set <PublishTrimmed>false</PublishTrimmed>.",
            innerException)
    {
    }
}
