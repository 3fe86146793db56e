namespace AttentionKernels;

/// <summary>A device that was asked for is absent, or present and unusable. The message says what was looked for and what there
/// is.</summary>
/// <param name="message">What was asked for, and what is there.</param>
/// <param name="innerException">The driver's own error, if there was one.</param>
public sealed class DeviceUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException);

/// <summary>
/// An ILGPU context was made without <see cref="ContextBuilderExtensions.AttentionKernels"/>, so its accelerators lack the
/// instructions that the kernels need.
/// </summary>
public sealed class UnpreparedContextException() : Exception(
    "The accelerator's context was not prepared for AttentionKernels. Prepare it when it is made: " +
    "Context.Create(builder => builder.AttentionKernels().Default()).");

/// <summary>
/// A kernel cannot be compiled for a device, most often because a mask, modifier or kernel of one's own uses what kernels cannot:
/// exceptions, allocations, references, <see cref="bool"/> fields. Nothing was launched, and the device stays usable.
/// </summary>
/// <param name="message">Which kernel, for which device, and why.</param>
/// <param name="innerException">The compiler's own error.</param>
public sealed class KernelCompilationException(string message, Exception? innerException = null)
    : Exception(message, innerException);

/// <summary>
/// Kernels are compiled at run time, and this program runs without dynamic code: it was published with Native AOT, or its project sets
/// <c>PublishAot</c>, as file-based apps do, and it was started with <c>dotnet run</c>. The message says what to set.
/// </summary>
public sealed class DynamicCodeRequiredException()
    : Exception($"AttentionKernels needs dynamic code, which this program is built without. {Remedy}")
{
    /// <summary>What to set, for the compiler's warnings and for the message.</summary>
    internal const string Remedy =
        "Kernels are compiled at run time: set <PublishAot>false</PublishAot> in the project, or '#:property PublishAot=false' in a " +
        "file-based app.";
}

/// <summary>
/// The program was trimmed without the roots that this package sets, and with it parts of ILGPU that are found by name when kernels are
/// compiled. The message says what to set.
/// </summary>
/// <param name="innerException">What ILGPU did not find.</param>
public sealed class TrimmedAssemblyException(Exception? innerException = null) : Exception(
    "Parts of ILGPU or of the runtime were trimmed away that kernels are compiled with. The package AttentionKernels roots their " +
    "assemblies; with a project reference, import buildTransitive/AttentionKernels.targets, or set <PublishTrimmed>false</PublishTrimmed>.",
    innerException);
