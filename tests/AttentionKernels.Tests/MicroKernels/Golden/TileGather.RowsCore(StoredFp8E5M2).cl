{
    // TileGather.RowsCore<StoredFp8E5M2>
    global char* source = (global char*)var0;
    global long* offsets = var1;
    global float* target = var2;
    const int targetStride = var3;
    const int rows = var4;
    const int count = var5;
    for (int row = 0; row < rows; row++) {
        const global char* s = source + offsets[row];
        global float* t = target + (long)row * targetStride;
        int i = 0;
        for (; i + 8 <= count; i += 8) vstore8(as_float8(as_int8(as_float8((convert_int8(vload8(0, s + (i))) << 21) & (int8)-1881145344) * 0x1p112f) | (((convert_int8(vload8(0, s + (i))) & (int8)127) >= (int8)124) & (int8)2139095040)), 0, t + i);
        for (; i < count; i++) t[i] = as_float(as_int(as_float(((int)(s)[i] << 21) & (int)-1881145344) * 0x1p112f) | (-(((int)(s)[i] & (int)127) >= (int)124) & (int)2139095040));
    }
}
