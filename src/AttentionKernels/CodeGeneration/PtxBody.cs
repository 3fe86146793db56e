using System.Text.RegularExpressions;
using ILGPU.Backends.PTX;
using ILGPU.IR;

namespace AttentionKernels.CodeGeneration;

/// <summary>Writes what stands for one call of an intrinsic in PTX.</summary>
internal static partial class PtxBody
{
    private const string Result = "result";

    /// <summary>
    /// Writes commands. In them, <c>$name</c> stands for the register of the operand whose C# parameter has this name, and
    /// <c>$result</c> for that of the result. Commands in braces may declare registers of their own.
    /// </summary>
    public static void Write(PTXCodeGenerator generator, Value call, string commands)
    {
        var intrinsic = new IntrinsicCall(call);

        // Loading an operand may write a command of its own, and the result's register must be another one: operands come first.
        Dictionary<string, string> registers = Variable().Matches(commands).Select(match => match.Groups["name"].Value)
            .Where(name => name != Result).Distinct(StringComparer.Ordinal)
            .ToDictionary(name => name, name => Name(generator.EnsureHardwareRegister(generator.LoadPrimitive(intrinsic.Value(name)))));
        registers.Add(Result, Name(generator.AllocateHardware(call)));
        generator.Builder.AppendLine(Variable().Replace(commands, match => registers[match.Groups["name"].Value]));
    }

    private static string Name(PTXRegisterAllocator.HardwareRegister register) =>
        "%" + PTXRegisterAllocator.GetStringRepresentation(register);

    [GeneratedRegex(@"\$(?<name>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
