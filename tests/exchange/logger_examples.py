"""Files as temperature loggers and their programs write them, made up after public descriptions of the formats."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

START = datetime(2026, 3, 14, 8)

LOGTAG = """"LogTag Analyzer","Version 3.1"
"Serial Number","A0310123456"
"Model","TRED30-16R"
"User ID","Fridge 2, vaccines"
"Time zone","(UTC+03:00)"
"Recording interval","10 Minutes"
"Lower alert","2.0 °C","Upper alert","8.0 °C"

"Date","Time","Elapsed Time","Reading (°C)","Alert"
"3/14/2026","8:00:00 AM","0 00:00:00","4.6",""
"3/14/2026","8:10:00 AM","0 00:10:00","4.8",""
"3/14/2026","8:20:00 AM","0 00:20:00","8.4","Upper"
"3/14/2026","12:30:00 PM","0 04:30:00","5.1",""
"""

ELITECH = """Elitech RC-5+ Data Report\t
Device Model\tRC-5+
Serial Number:\tEFE191200417
Trip Description\tCold box 7
Time Zone\tUTC+03:00
Log Interval\t00:10:00
Temperature Unit\t°C
No.\tTime\tTemperature(°C)\tHumidity(%RH)
1\t2026-03-14 08:00:00\t4.6\t45.2
2\t2026-03-14 08:10:00\t4.8\t45.9
3\t2026-03-14 08:20:00\t8.4\t46.0
4\t2026-03-14 12:30:00\t5.1\t44.8
"""

LIBERO = """ELPRO LIBERO CB;Report
Serial number;40051234
Zeitzone;UTC+03:00
Messintervall;10 min

Datum / Zeit;T [°C];Ereignis
14.03.2026 08:00:00;4,6;Start
14.03.2026 08:10:00;4,8;
14.03.2026 08:20:00;8,4;
14.03.2026 08:30:00;--;
14.03.2026 12:30:00;5,1;Stop
"""

TEMPTALE = """Sensitech Inc.,TempTale Manager Desktop
TempTale4 USB,,
Serial Number:,4013376821
Trip Number:,4460713
Measurement Unit:,F
Time Zone:,GMT+03:00

Data Point,Date Time,Temperature
1,03-14-2026 08:00 AM,40.3
2,03-14-2026 08:10 AM,40.6
3,03-14-2026 08:20 AM,47.1
4,03-14-2026 12:30 PM,41.2
"""

TESTO = """Messwerte;;;
Gerät;testo 175 H1;;
Seriennummer: 40304567;;;

Datum;Uhrzeit;Temperatur;Feuchte
;;[°C];[%rF]
14.03.2026;08:00:00;4,6;51,3
14.03.2026;08:10:00;4,8;51,0
14.03.2026;08:20:00;8,4;50,1
14.03.2026;12:30:00;5,1;49,7
;;;
Minimum;;4,6;49,7
Maximum;;8,4;51,3
"""

HOBO = """"Plot Title: Pharmacy fridge"
"#","Date Time, GMT+03:00","Temp, °C (LGR S/N: 20471133, SEN S/N: 20471133)","Coupler Attached"
1,03/14/26 08:00:00 AM,4.604,
2,03/14/26 08:10:00 AM,4.804,
3,03/14/26 08:20:00 AM,8.396,
4,03/14/26 12:30:00 PM,5.103,Logged
"""

FRIDGE_TAG = """Device: Fridge-tag 2
Vers: 1.0
Fw Vers: 2.6
Sensor: 1
Conf:
 Serial: 160400343532
 PCB: 6
 Alarm:
  0:
   T AL: -0.5, t AL: 60
  1:
   T AL: +8.0, t AL: 600
Hist:
 TS Actv: 2026-02-01 07:00
 TS Report Creat: 2026-03-16 09:12
 1:
  Date: 2026-03-14
  Min T: +2.4, TS Min T: 05:12
  Max T: +8.6, TS Max T: 14:40
  Avrg T: +4.9
  Alarm:
   1:
    t Acc: 30, TS A: 00:00, C A: 0
 2:
  Date: 2026-03-15
  Min T: -0.6, TS Min T: 23:50
  Max T: +5.1, TS Max T: 1:05
  Avrg T: +3.2
Cert:
 Vers: 1.1
Sig Cert: 0011223344
"""

PARIS = """Enregistreur;Frigo pharmacie
N° de série;FR-778
Horodatage;Température (°C);Humidité (%)
14/03/2026 08h00;4,6;45
14/03/2026 08h10;4,8;46
14/03/2026 08h20;8,4;46
14/03/2026 12h30;5,1;45
"""


def table(
    count: int,
    celsius: Callable[[int], object],
    *,
    header: str = "Date time,Temperature (°C)",
    step: timedelta = timedelta(minutes=10),
    start: datetime = START,
    form: str = "%Y-%m-%d %H:%M:%S",
    above: Sequence[str] = (),
    mark: str = ",",
) -> str:
    """A plain file of so many readings."""
    lines = [*above, header]
    lines += [f"{(start + index * step).strftime(form)}{mark}{celsius(index)}" for index in range(count)]
    return "\n".join(lines) + "\n"
